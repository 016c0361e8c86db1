import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ReadableStream } from "node:stream/web";

import { HeadObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import { formatBytes } from "../../planning/byte-units";
import { UsageError } from "../lib/command-line";
import { reach } from "../lib/reach";

/** What identifies a model file. */
export interface MirroredModel {
  readonly url: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface MirrorProps {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly model: MirroredModel;
  /** The file on this machine. @default it is downloaded */
  readonly file?: string | undefined;
  readonly say: (line: string) => void;
}

/**
 * Copies a model into the bucket under the path of its URL, which is where the service asks a mirror for it. What is there
 * already stays.
 * @throws {Error} where the file is not the model, or cannot be had
 */
export async function mirrorModel({ s3, bucket, model, file, say }: MirrorProps): Promise<void> {
  const Key = decodeURIComponent(new URL(model.url).pathname.slice(1));
  if (await isThere(s3, bucket, Key, model)) {
    say(`Already there: s3://${bucket}/${Key}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "carepath-model-"));
  try {
    const source = file ?? (await downloaded(model, join(folder, "model.gguf"), say));
    await refuseOther(source, model);
    const upload = new Upload({
      client: s3,
      params: { Bucket: bucket, Key, Body: createReadStream(source), Metadata: { sha256: model.sha256 } },
    });
    say(`Uploading ${formatBytes(model.bytes)} to s3://${bucket}/${Key}`);
    await upload.done();
    say("Done. The next pod that has no model yet downloads it from there.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isThere(s3: S3Client, Bucket: string, Key: string, { bytes, sha256 }: MirroredModel): Promise<boolean> {
  try {
    const { ContentLength, Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return ContentLength === bytes && Metadata?.["sha256"] === sha256;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
    throw error;
  }
}

async function downloaded({ url, bytes }: MirroredModel, to: string, say: (line: string) => void): Promise<string> {
  say(`Downloading ${formatBytes(bytes)} from ${new URL(url).host}`);
  const response = await reach(
    url,
    (reason) =>
      new UsageError(`${url} cannot be reached (${reason}). Download the file in another way and name it with --file.`),
  );
  if (!response.ok || response.body === null) {
    throw new Error(`${url} answered ${response.status}. Download the file in another way and name it with --file.`);
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(to));
  return to;
}

async function refuseOther(file: string, { bytes, sha256 }: MirroredModel): Promise<void> {
  const { size } = statSync(file);
  if (size !== bytes) throw new Error(`${file} has ${size} bytes, and the model has ${bytes}. Nothing was uploaded.`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found !== sha256)
    throw new Error(`${file} has the sha256 ${found}, and the model has ${sha256}. Nothing was uploaded.`);
}
