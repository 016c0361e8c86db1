import { type MemoryLimit, withHeadroom } from "./memory-limit";
import { type Throughput, withBadDay } from "./throughput";
import { MIB } from "../byte-units";
import { type GpuInstanceType } from "../catalogue/gpu-instance-types";
import { type ModelFacts } from "../catalogue/models";
import { keyValueBytesPerToken } from "../../service/src/memory-need";

/** Share of the memory of the GPU that vLLM takes; its own default. */
export const GPU_MEMORY_SHARE = 0.9;

/** CUDA graphs, activations and the context of the driver: what was seen with models of this size, rounded up. */
const GPU_OVERHEAD_MIB = 2048;

/** Python, CUDA's libraries and the compiler, in the memory of the node. An assumption. */
const HOST_OVERHEAD_MIB = 4096;

/** What of the memory of a GPU is left for conversations. */
export interface GpuMemory {
  readonly usableMiB: number;
  readonly weightsMiB: number;
  readonly overheadMiB: number;
  /** Negative where the weights alone are too large. */
  readonly keyValueMiB: number;
  /** Tokens of all conversations together. */
  readonly tokens: number;
}

type Model = Pick<ModelFacts, "bytes" | "shape">;

export function gpuMemory({ gpu }: GpuInstanceType, { bytes, shape }: Model): GpuMemory {
  const { headSize, ...heads } = shape;
  const usableMiB = Math.floor(gpu.memoryMiB * GPU_MEMORY_SHARE);
  const weightsMiB = Math.ceil(bytes / MIB);
  const keyValueMiB = usableMiB - weightsMiB - GPU_OVERHEAD_MIB;
  const perToken = keyValueBytesPerToken({ ...heads, keyLength: headSize, valueLength: headSize });
  const tokens = Math.max(0, Math.floor((keyValueMiB * MIB) / perToken));
  return { usableMiB, weightsMiB, overheadMiB: GPU_OVERHEAD_MIB, keyValueMiB, tokens };
}

/** Memory of the pod: the weights pass through it on their way to the GPU, and the conversations are on the GPU alone. */
export function hostMemory({ bytes }: Pick<ModelFacts, "bytes">): MemoryLimit {
  const weightsMiB = Math.ceil(bytes / MIB);
  return withHeadroom({
    weightsMiB,
    keyValueMiB: 0,
    stateCacheMiB: 0,
    overheadMiB: HOST_OVERHEAD_MIB,
    expectedMiB: weightsMiB + HOST_OVERHEAD_MIB,
  });
}

/**
 * vLLM 0.23 on one L4 with Qwen2.5-0.5B-Instruct in BF16, 256 tokens in and 128 out (ai.wmx.dev/benchmarks): 168 tok/s for
 * one stream, 2,277 for sixteen, first token after 104 ms then.
 */
const REFERENCE = {
  weightsBytes: 988_097_824,
  oneStream: 168,
  streams: 16,
  together: 2277,
  prefillTokensPerSecond: 256 / 0.104,
} as const;

/**
 * Speed of one L4. **An estimate**: every step reads all weights, so the measured rate is divided by their size, and between
 * one stream and sixteen the sum grows evenly.
 */
export function gpuThroughput(modelBytes: number, slots: number): Throughput {
  const size = modelBytes / REFERENCE.weightsBytes;
  const { oneStream, together, streams } = REFERENCE;
  const busy = Math.min(slots, streams);
  const decode = oneStream / size;
  const sum = decode + ((together - oneStream) / size) * ((busy - 1) / (streams - 1));
  const decodePerSlot = sum / slots;
  const prefill = REFERENCE.prefillTokensPerSecond / size;
  return withBadDay({ decode, prefill, decodePerSlot });
}
