import { GIB } from "../byte-units";
import { type InstanceType } from "../catalogue/instance-types";

/**
 * Expected speed of a model on an instance type. **An estimate**, derived and not measured there:
 *
 * to decode one token, every weight is read once. Cores that stream R GiB of weights a second through their arithmetic
 * therefore decode R / (weights in GiB) tokens a second. R is measured on two cores and scaled by cores and processor
 * (`Processor.relativeCore`), but never above twice the pod's fair share of the socket's memory bandwidth: EC2 does not
 * divide bandwidth between neighbours, and they are rarely all memory-bound at once.
 */
export interface Throughput {
  /** One stream alone, tokens a second. */
  readonly decode: number;
  /** Reading a prompt, tokens a second. */
  readonly prefill: number;
  /** Each of `slots` streams that run together. */
  readonly decodePerSlot: number;
  /** Each of them on a bad day: what the drain and the answer deadlines count with. */
  readonly slowest: number;
  /** Reading on a bad day: what the start counts with. */
  readonly slowestPrefill: number;
}

/** Two cores (Zen 5), llama.cpp with two threads, a 3B-shaped Q4_K/Q6_K file of 1841 MiB. */
export const REFERENCE = {
  cores: 2,
  decodeTokensPerSecond: 17.2,
  prefillTokensPerSecond: 54.6,
  weightsGiB: 1841 / 1024,
} as const;

/** GiB of weights that one core of the reference streams a second. */
const REFERENCE_GIB_PER_CORE = (REFERENCE.decodeTokensPerSecond * REFERENCE.weightsGiB) / REFERENCE.cores;

/** Prefill is bound by arithmetic, which grows with the weights and the cores as decoding does. */
const PREFILL_FACTOR = REFERENCE.prefillTokensPerSecond / REFERENCE.decodeTokensPerSecond;

/** Measured: one busy neighbour on the same cores takes decoding from 16.7 to 6.8; a pod with whole cores has half of that. */
const BAD_DAY = 0.5;

/** A middling core, for clusters whose nodes are not known. */
const UNKNOWN_NODE = { relativeCore: 0.6, threadsPerCore: 1, bandwidthPerVcpu: 5 } as const;

const GB_PER_GIB = GIB / 1e9;

/** Estimate for a pod of `threads` whole vCPUs; without an instance type, that of a middling core. */
export function throughput(
  modelBytes: number,
  {
    threads,
    slots,
    instance,
  }: { readonly threads: number; readonly slots: number; readonly instance?: InstanceType | undefined },
): Throughput {
  const { relativeCore, threadsPerCore, bandwidthPerVcpu } = instance?.processor ?? UNKNOWN_NODE;
  const arithmetic = (threads / threadsPerCore) * relativeCore * REFERENCE_GIB_PER_CORE;
  const shareGiB = (2 * bandwidthPerVcpu * (instance?.vcpus ?? threads)) / GB_PER_GIB;
  const weightsGiB = modelBytes / GIB;
  const decode = Math.min(arithmetic, shareGiB) / weightsGiB;
  // Batching gains little on a few cores (16.5 tok/s for two streams, 17.2 for one), so streams share one rate.
  const decodePerSlot = decode / slots;
  const prefill = (arithmetic / weightsGiB) * PREFILL_FACTOR;
  return withBadDay({ decode, prefill, decodePerSlot });
}

/** Adds what is left of the speeds on a bad day. */
export function withBadDay(speeds: Pick<Throughput, "decode" | "prefill" | "decodePerSlot">): Throughput {
  return { ...speeds, slowest: speeds.decodePerSlot * BAD_DAY, slowestPrefill: speeds.prefill * BAD_DAY };
}
