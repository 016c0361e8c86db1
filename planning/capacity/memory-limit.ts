import { memoryNeed, type MemoryNeed, type MemorySettings } from "../../service/src/memory-need";
import { type ModelFacts } from "../catalogue/models";

/** The memory that the service needs and the limit that the pod needs for it, in MiB. */
export interface MemoryLimit extends MemoryNeed {
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

/** The smallest limit for a model, a context and a number of slots. */
export function memoryLimit(model: Pick<ModelFacts, "bytes" | "shape">, use: MemorySettings): MemoryLimit {
  const { headSize, ...shape } = model.shape;
  return withHeadroom(
    memoryNeed({ ...shape, fileBytes: model.bytes, keyLength: headSize, valueLength: headSize }, use),
  );
}

/** The smallest limit for a need. */
export function withHeadroom(need: MemoryNeed): MemoryLimit {
  const totalMiB = Math.ceil(need.expectedMiB * (1 + HEADROOM.share) + HEADROOM.fixedMiB);
  return { ...need, headroomMiB: totalMiB - need.expectedMiB, totalMiB };
}
