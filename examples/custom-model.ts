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
      id: "acme-care-1b.q4_k_m",
      url: "https://models.example.com/acme-care-1b/v3/acme-care-1b.Q4_K_M.gguf",
      bytes: 807_690_656,
      sha256: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
      licence: "apache-2.0",
      shape: { layers: 16, keyValueHeads: 8, headSize: 64 },
    },
    image: { repository: "carepath-chat", tag: "local" },
    cpuCores: 1,
    memoryMiB: 2048,
    apiKeys: { source: "none" },
  },
};
