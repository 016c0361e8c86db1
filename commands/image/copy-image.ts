import { type ECRClient } from "@aws-sdk/client-ecr";

import { type ImageRecord } from "../../config/image-record";
import { imageRepositoryName } from "../../config/names";
import { UsageError } from "../lib/command-line";
import { digestOf, logIn, must, repositoryUri, type Run } from "./registry";

export interface CopyProps {
  readonly environment: string;
  readonly ecr: ECRClient;
  readonly run: Run;
  /** Name and digest, e.g. `ghcr.io/acme/chat@sha256:...`. This machine must be logged in to its registry. */
  readonly reference: string;
}

/**
 * Copies an image from another registry into that of the environment, by digest and without a change, so that what was
 * tested elsewhere is what runs here.
 */
export async function copyImage(props: CopyProps): Promise<ImageRecord & { readonly pushed: boolean }> {
  const { environment, ecr, run, reference } = props;
  const digest = /^[^@\s]+@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
  if (digest === undefined)
    throw new UsageError(`--from is "${reference}". Write name and digest: ghcr.io/acme/chat@sha256:<64 hex digits>.`);
  const tag = `copy-${digest.slice("sha256:".length, "sha256:".length + 12)}`;
  const name = imageRepositoryName(environment);
  const uri = await repositoryUri(ecr, name, environment);
  if ((await digestOf(ecr, name, { imageDigest: digest })) !== undefined) return { digest, tag, pushed: false };
  await logIn(ecr, "skopeo", run);
  must(run, "skopeo", ["copy", "--all", "--preserve-digests", `docker://${reference}`, `docker://${uri}:${tag}`]);
  if ((await digestOf(ecr, name, { imageDigest: digest })) === undefined)
    throw new Error(`skopeo copied ${reference}, but the registry does not have ${digest}.`);
  return { digest, tag, pushed: true };
}
