/**
 * Which image an environment runs: `config/images/<environment>.json`, written by `npm run image` and read by the next
 * synth. It is committed on purpose: a diff on a pull request and a deploy from a laptop must see the same image.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { z } from "zod";

import { ConfigError } from "./config-error";

const recordSchema = z.strictObject({
  /** `sha256:...` of what was pushed. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Git commit that it was built from. For people; the digest decides. */
  tag: z.string(),
});

export type ImageRecord = z.output<typeof recordSchema>;

/** Variables that choose an image by hand; any of them puts the record out of force. */
const BY_HAND = ["CAREPATH_IMAGE_REPOSITORY", "CAREPATH_IMAGE_TAG", "CAREPATH_IMAGE_DIGEST"] as const;

/** File of an environment, relative to the root of the repository. */
export function imageRecordPath(environment: string): string {
  return join("config", "images", `${environment}.json`);
}

export function writeImageRecord(root: string, environment: string, record: ImageRecord): void {
  const file = join(root, imageRecordPath(environment));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(recordSchema.parse(record), null, 2)}\n`);
}

/**
 * The configuration with the recorded digest in it. Left as it is when there is no record, when the environment names its
 * own repository, or when a variable chooses the image.
 *
 * @throws {ConfigError} when the record cannot be read
 */
export function withImageRecord<Config extends object>(
  config: Config,
  env: NodeJS.ProcessEnv,
  root = join(__dirname, ".."),
): Config {
  // Nothing is checked yet: a file may lack anything.
  const { environment, chat } = config as { environment?: unknown; chat?: { image?: { repository?: unknown } } };
  if (chat?.image?.repository !== undefined || BY_HAND.some((name) => env[name])) return config;
  const record = readImageRecord(root, String(environment));
  if (record === undefined || chat === undefined) return config;
  return { ...config, chat: { ...chat, image: { ...chat.image, digest: record.digest } } };
}

function readImageRecord(root: string, environment: string): ImageRecord | undefined {
  const path = imageRecordPath(environment);
  let text: string;
  try {
    text = readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    throw new ConfigError(path, [
      {
        path,
        actual: text.slice(0, 60),
        rule: "must be what `npm run image` writes: a digest and a tag",
        fix: "Run it again, or delete the file",
      },
    ]);
  }
}
