import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { factsOf, startModelServer, type ModelServer } from "../../__tests__/helpers/model-server";
import { run } from "./run";
import { type Settings } from "./settings";

/** The shapes of service/tools/make-model.ts that the suite uses, with what a configuration says of them. */
const SHAPES = {
  /** About 11 MB: loads in a blink. */
  small: { layers: 6, keyValueHeads: 2, headSize: 64 },
  /** About 270 MB: its answers take minutes on a part of a core. */
  medium: { layers: 24, keyValueHeads: 4, headSize: 64 },
} as const;

export interface ModelFile {
  readonly path: string;
  readonly content: Buffer;
  readonly bytes: number;
  readonly sha256: string;
  /** As the configuration of a custom model wants it. */
  readonly shape: { readonly layers: number; readonly keyValueHeads: number; readonly headSize: number };
}

/** A model with random weights, made once a run. */
export async function modelFile({ scratch, root }: Settings, name: keyof typeof SHAPES): Promise<ModelFile> {
  const folder = join(scratch, "models");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.gguf`);
  if (!existsSync(path)) {
    const tool = ["--import", "tsx", "service/tools/make-model.ts", "--shape", name, "--out", path];
    const { code, stderr } = await run(process.execPath, tool, { cwd: root });
    if (code !== 0) throw new Error(`service/tools/make-model.ts --shape ${name} failed:\n${stderr}`);
  }
  const content = readFileSync(path);
  return { path, content, ...factsOf(content), shape: SHAPES[name] };
}

/** Serves it where pods can reach it. */
export function serveModel({ address }: Settings, { content }: ModelFile): Promise<ModelServer> {
  return startModelServer(content, undefined, address);
}
