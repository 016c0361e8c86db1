import { memoryNeed as residentNeed, type MemoryNeed as ResidentNeed } from "../service/src/memory-need";
import { type ModelFacts } from "./model-catalogue";
import { type RuleViolation } from "./workload-rules";

/** Memory that the limit of the pod must cover, in MiB. */
export interface MemoryNeed extends ResidentNeed {
  /** Free room below the limit: what the formula may be wrong by. */
  readonly headroomMiB: number;
  /** The smallest limit that the plan accepts. */
  readonly totalMiB: number;
}

/**
 * Kept free below the limit, because the kernel kills at the limit without a warning: the heap under load, transient
 * peaks of a load (52 MiB were seen), and what the plan is wrong by.
 */
export const HEADROOM = { fixedMiB: 256, share: 0.05 } as const;

/** What the service needs for a model, a context and a number of slots, with the headroom of the plan. */
export function memoryNeed(
  model: Pick<ModelFacts, "bytes" | "shape">,
  use: { readonly contextSize: number; readonly slots: number },
): MemoryNeed {
  const { headSize, ...shape } = model.shape;
  const need = residentNeed({ ...shape, fileBytes: model.bytes, keyLength: headSize, valueLength: headSize }, use);
  const totalMiB = Math.ceil(need.expectedMiB * (1 + HEADROOM.share) + HEADROOM.fixedMiB);
  return { ...need, headroomMiB: totalMiB - need.expectedMiB, totalMiB };
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
