/** The ECR repository of an environment, and the programs that talk to it. */
import {
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  type ImageIdentifier,
} from "@aws-sdk/client-ecr";

import { stackNames } from "../../config/names";

/** Runs a command with its output passed on to the terminal; returns what it wrote to standard output. */
export type Run = (
  command: string,
  args: readonly string[],
  stdin?: string,
) => { readonly status: number; readonly stdout: string };

/** Where images of the environment are pushed. */
export async function repositoryUri(ecr: ECRClient, name: string, environment: string): Promise<string> {
  try {
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
    const uri = repositories[0]?.repositoryUri;
    if (uri !== undefined) return uri;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "RepositoryNotFoundException") throw error;
  }
  throw new Error(
    `Repository ${name} does not exist. It comes with the cluster stack: npm run deploy -- ${stackNames(environment).cluster}`,
  );
}

/** The digest of an image in the repository; undefined where it is not there. */
export async function digestOf(
  ecr: ECRClient,
  repositoryName: string,
  imageId: ImageIdentifier,
): Promise<string | undefined> {
  try {
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [imageId] }));
    return imageDetails[0]?.imageDigest;
  } catch (error) {
    if (error instanceof Error && error.name === "ImageNotFoundException") return undefined;
    throw error;
  }
}

/** The password goes through standard input: an argument would show in the process list. */
export async function logIn(ecr: ECRClient, tool: string, run: Run): Promise<void> {
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken, proxyEndpoint } = authorizationData[0] ?? {};
  if (authorizationToken === undefined || proxyEndpoint === undefined)
    throw new Error("ECR gave no login. Check ecr:GetAuthorizationToken.");
  const [user = "", password = ""] = Buffer.from(authorizationToken, "base64").toString().split(":");
  must(run, tool, ["login", "--username", user, "--password-stdin", new URL(proxyEndpoint).host], password);
}

/** Standard output of a command; throws where it fails. */
export function must(run: Run, command: string, args: readonly string[], stdin?: string): string {
  const { status, stdout } = run(command, args, stdin);
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ""} failed with exit code ${status}.`);
  return stdout;
}
