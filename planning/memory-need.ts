import { MIB } from "./byte-units";
import { type ModelFacts } from "./model-catalogue";
import { type RuleViolation } from "./workload-rules";

/** Memory of the service once the model is loaded and its context is full, in MiB. */
export interface MemoryNeed {
  /** The weights: the file is read into memory (no mmap), and the repacked tensors take the place of the plain ones. */
  readonly weightsMiB: number;
  /** Keys and values of every token of every slot. */
  readonly keyValueMiB: number;
  /** Node, the service, llama.cpp's compute buffers. */
  readonly overheadMiB: number;
  /** Free room below the limit: what the model of the memory may be wrong by. */
  readonly headroomMiB: number;
  /** The smallest limit that the plan accepts. */
  readonly totalMiB: number;
  /** The sum without the headroom: what `ps` should show. */
  readonly expectedMiB: number;
}

/** Bytes of one key or value element; the cache is kept in half precision. */
const KEY_VALUE_BYTES = 2;

/**
 * Node, the service and llama.cpp's buffers, which grow with the model and not with the context. Fitted to the resident
 * memory at the default context and slots; the other two settings were measured afterwards, as a check of the fit.
 * `npm run measure-memory`, the built service, Node 20 on x64, random weights, MiB:
 *
 * | shape  | context x slots | weights | key-value | measured | plan | difference |
 * | ------ | --------------- | ------: | --------: | -------: | ---: | ---------: |
 * | small  | 4096 x 2        |      14 |        24 |      175 |  173 |        1 % |
 * | medium | 4096 x 2        |     261 |       192 |      591 |  600 |       -1 % |
 * | 3b     | 4096 x 2        |    2081 |       288 |     2604 | 2598 |        0 % |
 * | small  | 2048 x 1        |      14 |         6 |      161 |  155 |        4 % |
 * | medium | 2048 x 1        |     261 |        48 |      477 |  456 |        5 % |
 * | 3b     | 2048 x 1        |    2081 |        72 |     2388 | 2382 |        0 % |
 * | small  | 8192 x 2        |      14 |        48 |      200 |  197 |        1 % |
 * | medium | 8192 x 2        |     261 |       384 |      787 |  792 |       -1 % |
 * | 3b     | 8192 x 2        |    2081 |       576 |     2890 | 2886 |        0 % |
 */
const OVERHEAD = { fixedMiB: 135, shareOfWeights: 0.045 } as const;

/**
 * Kept free below the limit, because the kernel kills at the limit without a warning: the heap under load, transient
 * peaks of a load (52 MiB were seen), and what the plan is wrong by.
 */
export const HEADROOM = { fixedMiB: 256, share: 0.05 } as const;

/** Bytes of key-value cache for one token: 2 (key and value) x layers x heads x head size x bytes of an element. */
export function keyValueBytesPerToken({ layers, keyValueHeads, headSize }: ModelFacts["shape"]): number {
  return 2 * layers * keyValueHeads * headSize * KEY_VALUE_BYTES;
}

/** What the service needs for a model, a context and a number of slots. */
export function memoryNeed(
  model: Pick<ModelFacts, "bytes" | "shape">,
  { contextSize, slots }: { readonly contextSize: number; readonly slots: number },
): MemoryNeed {
  const weightsMiB = model.bytes / MIB;
  const keyValueMiB = (keyValueBytesPerToken(model.shape) * contextSize * slots) / MIB;
  const overheadMiB = OVERHEAD.fixedMiB + weightsMiB * OVERHEAD.shareOfWeights;
  const expectedMiB = weightsMiB + keyValueMiB + overheadMiB;
  const totalMiB = Math.ceil(expectedMiB * (1 + HEADROOM.share) + HEADROOM.fixedMiB);
  return {
    weightsMiB,
    keyValueMiB,
    overheadMiB,
    headroomMiB: totalMiB - expectedMiB,
    totalMiB,
    expectedMiB,
  };
}

/** The kernel ends the container at its limit: exit 137, no log line, and the same again after the restart. */
export function memoryViolation(
  need: MemoryNeed,
  limitMiB: number,
  { contextSize, slots }: { readonly contextSize: number; readonly slots: number },
): RuleViolation | undefined {
  if (limitMiB >= need.totalMiB) return undefined;
  return {
    subject: "chat.memoryMiB",
    actual: limitMiB,
    rule:
      `must be at least ${need.totalMiB}: weights ${Math.round(need.weightsMiB)} + context ${contextSize} x ${slots} ` +
      `${slots === 1 ? "slot" : "slots"} ${Math.round(need.keyValueMiB)} + runtime ${Math.round(need.overheadMiB)} + headroom ` +
      `${Math.round(need.headroomMiB)} MiB, or the kernel kills the container`,
    fix: `Set memoryMiB to ${need.totalMiB}, or lower contextSize or parallelSlots, or take a smaller model`,
  };
}
