import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

import { type ImageRecord } from "../../config/image-record";

export interface DeployedImageProps {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Where the state of the chat stack lies in the bucket. */
  readonly key: string;
}

/** What is read of a state of Terraform. */
const stateSchema = z.object({
  resources: z.array(z.object({ type: z.string(), instances: z.array(z.object({ attributes: z.unknown() })) })),
});

const WORKLOADS = ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"];

/**
 * The image that was deployed last, from the state of the chat stack: who may plan a stack may read it. Undefined where
 * the stack is not deployed, or runs an image by its tag.
 */
export async function deployedImage({ s3, bucket, key }: DeployedImageProps): Promise<ImageRecord | undefined> {
  const text = await object(s3, bucket, key);
  if (text === undefined) return undefined;
  const workloads = stateSchema.parse(JSON.parse(text)).resources.filter(({ type }) => WORKLOADS.includes(type));
  const digest = /"image":"[^"]*@(sha256:[0-9a-f]{64})"/.exec(JSON.stringify(workloads))?.[1];
  return digest === undefined ? undefined : { digest, tag: "deployed" };
}

async function object(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return undefined;
    throw error;
  }
}
