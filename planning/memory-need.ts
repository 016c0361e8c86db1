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

/** Measured: 0.22 to 0.4 GiB above weights and cache. `scripts/measure-memory.ts` measures it again. */
export const RUNTIME_OVERHEAD_MIB = 400;

/** Share kept free: the kernel kills at the limit without a warning, and the page cache of the file counts towards it. */
export const MEMORY_HEADROOM = 0.1;

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
  const expectedMiB = weightsMiB + keyValueMiB + RUNTIME_OVERHEAD_MIB;
  const totalMiB = Math.ceil(expectedMiB * (1 + MEMORY_HEADROOM));
  return {
    weightsMiB,
    keyValueMiB,
    overheadMiB: RUNTIME_OVERHEAD_MIB,
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
      `${slots === 1 ? "slot" : "slots"} ${Math.round(need.keyValueMiB)} + runtime ${need.overheadMiB} + headroom ` +
      `${Math.round(need.headroomMiB)} MiB, or the kernel kills the container`,
    fix: `Set memoryMiB to ${need.totalMiB}, or lower contextSize or parallelSlots, or take a smaller model`,
  };
}
