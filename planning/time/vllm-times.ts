import { type EngineTimes } from "./time-budget";

/** What vLLM takes for itself. */
export const VLLM_TIMES: EngineTimes = {
  // Imports, compilation and CUDA graphs of an 8B model on an L40S, with nothing cached: 94 + 52 + 54 s
  // (tensorfuse.io/docs/blogs/reducing_gpu_cold_start).
  startSeconds: 200,
  // vllm/vllm-openai:v0.28.0 has 8,634 MB, which stands for the version that an environment pins.
  imageMiB: 8234,
};
