/**
 * Builds the image of the service for the architecture of the nodes, pushes it to the repository of the cluster stack
 * under the git commit, and returns its digest.
 */
import { type ECRClient } from "@aws-sdk/client-ecr";

import { imageRepositoryName } from "../../config/names";
import { type ImageRecord } from "../../config/image-record";
import { digestOf, logIn, must, repositoryUri, type Run } from "./registry";

export interface PublishProps {
  readonly environment: string;
  readonly architecture: "amd64" | "arm64";
  readonly ecr: ECRClient;
  readonly run: Run;
  /** Take a tree with uncommitted changes; the tag then ends in `-dirty`. @default false */
  readonly allowDirty?: boolean;
  /** Command line to build and push with. @default the first of docker, podman and buildah that answers */
  readonly tool?: string;
  /** .npmrc of a private registry or mirror, given to the build as a secret. @default the public registry */
  readonly npmrc?: string;
  /** Replaces the base image of the Dockerfile. */
  readonly nodeImage?: string;
  /** Paths (relative to the repository) whose changes do not make the tree dirty. @default [] */
  readonly generated?: readonly string[];
}

const TOOLS = ["docker", "podman", "buildah"] as const;

export async function publishImage(props: PublishProps): Promise<ImageRecord & { readonly pushed: boolean }> {
  const { ecr, environment, run } = props;
  const tag = commitTag(props);
  const name = imageRepositoryName(environment);
  const uri = await repositoryUri(ecr, name, environment);
  // A commit is built once: its tag cannot be pushed again where the repository keeps tags immutable.
  const present = tag.endsWith("-dirty") ? undefined : await digestOf(ecr, name, { imageTag: tag });
  if (present !== undefined) return { digest: present, tag, pushed: false };

  const tool = props.tool ?? TOOLS.find((candidate) => run(candidate, ["--version"]).status === 0);
  if (tool === undefined) throw new Error("Neither docker nor podman nor buildah is there. Install one of them.");
  await logIn(ecr, tool, run);
  const reference = `${uri}:${tag}`;
  must(run, tool, [
    "build",
    "--file",
    "service/Dockerfile",
    "--platform",
    `linux/${props.architecture}`,
    "--tag",
    reference,
    ...(props.nodeImage === undefined ? [] : ["--build-arg", `NODE_IMAGE=${props.nodeImage}`]),
    ...(props.npmrc === undefined ? [] : ["--secret", `id=npmrc,src=${props.npmrc}`]),
    ".",
  ]);
  must(run, tool, ["push", reference]);
  const digest = await digestOf(ecr, name, { imageTag: tag });
  if (digest === undefined) throw new Error(`${tool} pushed ${reference}, but the registry does not have it.`);
  return { digest, tag, pushed: true };
}

/** The commit, so that what runs can be traced to its source; refused where the source is not in a commit. */
function commitTag({ run, allowDirty = false, generated = [] }: PublishProps): string {
  const commit = must(run, "git", ["rev-parse", "HEAD"]).trim();
  const changes = must(run, "git", ["status", "--porcelain", "--untracked-files=all"])
    .split("\n")
    .filter((line) => line !== "" && !generated.includes(line.slice(3)));
  if (changes.length === 0) return commit;
  if (allowDirty) return `${commit}-dirty`;
  throw new Error(
    `${changes.length} uncommitted ${changes.length === 1 ? "change" : "changes"} (${changes[0]?.slice(3) ?? ""}): the tag would name a commit that the image was not built from. Commit first, or use --allow-dirty.`,
  );
}
