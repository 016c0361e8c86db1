/** `npm run describe-model`: the facts of a GGUF file as an environment needs them. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ReadableStream } from "node:stream/web";

import { readGgufHeader } from "../../service/src/engine/gguf-header";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { reach } from "../lib/reach";
import { modelBlock, unpinnedWarning } from "./model-block";

export const command = npmCommand(
  "describe-model",
  'Prints the block `model: { source: "custom", ... }` of a GGUF file, ready for an environment file.',
)
  .argument("<file or url>", "a GGUF file of this machine, or its address: then all of it is downloaded and not kept")
  .option("--url <address>", "where the cluster downloads the file from");

async function main(argv: readonly string[]): Promise<number> {
  const [source = ""] = command.parse(argv, FROM_USER).args;
  const { url } = command.opts();
  if (!/^https?:\/\//.test(source)) return describe(source, url);
  const folder = mkdtempSync(join(tmpdir(), "carepath-model-"));
  try {
    const path = join(folder, basename(new URL(source).pathname) || "model.gguf");
    await download(source, path);
    return await describe(path, url ?? source);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function describe(path: string, url: string | undefined): Promise<number> {
  const header = await readGgufHeader(path);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  process.stdout.write(`${modelBlock({ header, fileName: basename(path), sha256: hash.digest("hex"), url })}\n`);
  const warning = url === undefined ? undefined : unpinnedWarning(url);
  if (warning !== undefined) process.stderr.write(`${warning}\n`);
  return 0;
}

async function download(url: string, path: string): Promise<void> {
  const response = await reach(
    url,
    (reason) => new UsageError(`${url} cannot be reached (${reason}). Download the file elsewhere and name it here.`),
  );
  if (!response.ok || response.body === null) {
    throw new UsageError(
      `${url} answered ${response.status}. Check the address; a gated model must be downloaded by hand.`,
    );
  }
  const total = Number(response.headers.get("content-length") ?? NaN);
  let done = 0;
  let shown = -1;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>).on("data", (chunk: Uint8Array) => {
    done += chunk.length;
    const tenth = Math.floor((10 * done) / total);
    if (!(tenth > shown)) return;
    shown = tenth;
    process.stderr.write(`downloading ${tenth * 10} % of ${Math.round(total / 1e6)} MB\n`);
  });
  await pipeline(body, createWriteStream(path));
}

if (require.main === module) void run(main);
