/** A chat stack as Terraform JSON, in the form that synth writes; tests change single values of it. */
export interface StackChanges {
  readonly container?: Readonly<Record<string, unknown>>;
  readonly pod?: Readonly<Record<string, unknown>>;
  readonly kind?: "kubernetes_deployment_v1" | "kubernetes_stateful_set_v1";
}

const probe = (path: string, period_seconds: number, timeout_seconds: number, failure_threshold: number) => ({
  http_get: { path, port: "http" },
  period_seconds,
  timeout_seconds,
  failure_threshold,
});

export const CONTAINER = {
  name: "chat",
  image: "registry.example/chat:1",
  command: ["node", "dist/main.js"],
  env: [
    { name: "PORT", value: "8002" },
    { name: "HOST", value: "0.0.0.0" },
    { name: "MODEL_ID", value: "qwen2.5-3b-instruct" },
    { name: "MODEL_URL", value: "https://models.example/model.gguf" },
    { name: "MODEL_BYTES", value: "2104932768" },
    { name: "MODEL_SHA256", value: "626b4a6678b86442240e33df819e00132d3ba7dddfe1cdc4fbb18e0a9615c62d" },
    { name: "API_KEYS_FILE", value: "/etc/carepath/api-keys/keys" },
    { name: "TERMINATION_LOG", value: "/dev/termination-log" },
    { name: "UV_THREADPOOL_SIZE", value: "1" },
    { name: "MAX_TOKENS", value: "512" },
    { name: "MODEL_CACHE_DIR", value: "/var/cache/carepath/models" },
    { name: "REQUEST_TIMEOUT_SECONDS", value: "600" },
    { name: "DRAIN_SECONDS", value: "120" },
    { name: "PARALLEL_SLOTS", value: "2" },
    { name: "MAX_QUEUE", value: "16" },
  ],
  port: [{ name: "http", container_port: 8002, protocol: "TCP" }],
  startup_probe: probe("/ready", 5, 3, 120),
  liveness_probe: probe("/health", 10, 5, 6),
  readiness_probe: probe("/ready", 5, 3, 3),
  resources: { limits: { cpu: "2", memory: "6144Mi" }, requests: { cpu: "2", memory: "6144Mi" } },
  volume_mount: [
    { name: "model-cache", mount_path: "/var/cache/carepath/models" },
    { name: "tmp", mount_path: "/tmp" },
    { name: "api-keys", mount_path: "/etc/carepath/api-keys", read_only: true },
  ],
} as const;

export function stackJson({ container = {}, pod = {}, kind = "kubernetes_deployment_v1" }: StackChanges = {}): unknown {
  return {
    resource: {
      [kind]: {
        chat_deployment: {
          metadata: { name: "chat-api", namespace: "carepath-demo" },
          spec: {
            ...(kind === "kubernetes_stateful_set_v1"
              ? { volume_claim_template: [{ metadata: { name: "model-cache" } }] }
              : {}),
            template: {
              metadata: { labels: {} },
              spec: {
                termination_grace_period_seconds: 135,
                container: [{ ...CONTAINER, ...container }],
                volume: [
                  ...(kind === "kubernetes_stateful_set_v1"
                    ? []
                    : [{ name: "model-cache", persistent_volume_claim: { claim_name: "models" } }]),
                  { name: "tmp", empty_dir: { size_limit: "64Mi" } },
                  { name: "api-keys", secret: { secret_name: "keys", items: [{ key: "keys", path: "keys" }] } },
                ],
                ...pod,
              },
            },
          },
        },
      },
    },
  };
}
