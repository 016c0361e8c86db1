/**
 * A real GGUF of well under a megabyte, made once a machine and shared by every test process. Its weights are random:
 * it loads, tokenises and generates like any model, and what it says is noise.
 */
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type TemplateName } from "../../service/tools/byte-level-vocabulary.js";
import { makeModel } from "../../service/tools/make-model.js";

/** Part of the file name: raise it when the generator changes what it writes. */
const GENERATION = 2;

export interface TinyModel {
  /** @default 1 */
  readonly seed?: number;
  /** @default "chatml" */
  readonly template?: TemplateName;
}

/** Returns the path of the model. `makeModel` renames a finished file into place, so a race only repeats work. */
export function tinyModel({ seed = 1, template = "chatml" }: TinyModel = {}): string {
  const folder = join(tmpdir(), "carepath-test-models");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `tiny-${template}-${seed}-${GENERATION}.gguf`);
  if (!existsSync(path)) makeModel({ path, shape: "tiny", seed, template });
  return path;
}
