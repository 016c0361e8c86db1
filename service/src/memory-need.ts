/**
 * The memory of a loaded model: the one formula of this project. Synth plans the limit of the pod with it, and the service
 * compares it with the limit of its cgroup before it loads. No imports, so that both sides can use the file as it is.
 */

/** What decides the memory of a model; all of it stands in the GGUF header. */
export interface ModelMemoryFacts {
  readonly fileBytes: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  /** Elements of a key, and of a value, of one head. */
  readonly keyLength: number;
  readonly valueLength: number;
}

/** Resident memory of the service once the model is loaded and its context is full, in MiB. */
export interface MemoryNeed {
  /** The weights: the file is read into memory (no mmap), and the repacked tensors take the place of the plain ones. */
  readonly weightsMiB: number;
  /** Keys and values of every token of every slot. */
  readonly keyValueMiB: number;
  /** Conversations that are kept on a RAM disk, which counts against the limit of the container. */
  readonly stateCacheMiB: number;
  /** Node, the service, llama.cpp's compute buffers. */
  readonly overheadMiB: number;
  /** The sum: what `ps` should show. */
  readonly expectedMiB: number;
}

const MIB = 2 ** 20;

/** Bytes of one key or value element; the cache is kept in half precision. */
const KEY_VALUE_BYTES = 2;

/**
 * Node, the service and llama.cpp's buffers, which grow with the model and not with the context. Fitted to the resident
 * memory at the default context and slots; the other two settings were measured afterwards, as a check of the fit.
 * `npm run bench -- memory --shape ...`, the built service, Node 20 on x64, random weights, MiB:
 *
 * | shape  | context x slots | weights | key-value | measured | formula | difference |
 * | ------ | --------------- | ------: | --------: | -------: | ------: | ---------: |
 * | small  | 4096 x 2        |      14 |        24 |      175 |     173 |        1 % |
 * | medium | 4096 x 2        |     261 |       192 |      591 |     600 |       -1 % |
 * | 3b     | 4096 x 2        |    2081 |       288 |     2604 |    2598 |        0 % |
 * | small  | 2048 x 1        |      14 |         6 |      161 |     155 |        4 % |
 * | medium | 2048 x 1        |     261 |        48 |      477 |     456 |        5 % |
 * | 3b     | 2048 x 1        |    2081 |        72 |     2388 |    2382 |        0 % |
 * | small  | 8192 x 2        |      14 |        48 |      200 |     197 |        1 % |
 * | medium | 8192 x 2        |     261 |       384 |      787 |     792 |       -1 % |
 * | 3b     | 8192 x 2        |    2081 |       576 |     2890 |    2886 |        0 % |
 */
const OVERHEAD = { fixedMiB: 135, shareOfWeights: 0.045 } as const;

/** Bytes of keys and values for one token. */
export function keyValueBytesPerToken(model: Omit<ModelMemoryFacts, "fileBytes">): number {
  return model.layers * model.keyValueHeads * (model.keyLength + model.valueLength) * KEY_VALUE_BYTES;
}

export interface MemorySettings {
  /** Tokens of each slot. */
  readonly contextSize: number;
  readonly slots: number;
  /** Conversations kept in memory beside the slots, MiB. @default 0 */
  readonly stateCacheMiB?: number;
}

/** What the service needs for a model with these settings. */
export function memoryNeed(
  model: ModelMemoryFacts,
  { contextSize, slots, stateCacheMiB = 0 }: MemorySettings,
): MemoryNeed {
  const weightsMiB = model.fileBytes / MIB;
  const keyValueMiB = (keyValueBytesPerToken(model) * contextSize * slots) / MIB;
  const overheadMiB = OVERHEAD.fixedMiB + weightsMiB * OVERHEAD.shareOfWeights;
  const expectedMiB = weightsMiB + keyValueMiB + stateCacheMiB + overheadMiB;
  return { weightsMiB, keyValueMiB, stateCacheMiB, overheadMiB, expectedMiB };
}
