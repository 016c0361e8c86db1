/** The parts of a Kubernetes workload in Terraform JSON that a rehearsal reads. */
import { z } from "zod";

/** Kubernetes' default. */
const DEFAULT_GRACE_SECONDS = 30;

/** Terraform JSON writes a block either as an object or as a list of one. */
const block = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value: unknown) => (Array.isArray(value) ? (value as unknown[])[0] : value), schema);
const blocks = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value: unknown): unknown => (Array.isArray(value) ? value : [value ?? []].flat()), z.array(schema));
const text = z.union([z.string(), z.number()]).transform(String);
const number = z.coerce.number();

const probeBlock = z.object({
  http_get: block(
    z.object({
      path: z.string().default("/"),
      port: text,
      scheme: z.string().optional(),
      http_header: blocks(z.object({ name: z.string(), value: z.string() })),
    }),
  ).optional(),
  initial_delay_seconds: number.optional(),
  period_seconds: number.optional(),
  timeout_seconds: number.optional(),
  success_threshold: number.optional(),
  failure_threshold: number.optional(),
  termination_grace_period_seconds: number.optional(),
});
export type ProbeBlock = z.infer<typeof probeBlock>;

const hook = z.object({
  exec: block(z.object({ command: z.array(z.string()) })).optional(),
  sleep: block(z.object({ seconds: number })).optional(),
});

export type ContainerBlock = z.infer<typeof containerBlock>;
const containerBlock = z.object({
  name: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: blocks(z.object({ name: z.string(), value: text.optional() })),
  port: blocks(z.object({ name: z.string().optional(), container_port: number })),
  startup_probe: block(probeBlock).optional(),
  liveness_probe: block(probeBlock).optional(),
  readiness_probe: block(probeBlock).optional(),
  lifecycle: block(z.object({ pre_stop: block(hook).optional() })).optional(),
  volume_mount: blocks(z.object({ name: z.string(), mount_path: z.string(), read_only: z.boolean().default(false) })),
});

export type VolumeBlock = z.infer<typeof volumeBlock>;
const volumeBlock = z.object({
  name: z.string(),
  persistent_volume_claim: z.unknown().optional(),
  empty_dir: z.unknown().optional(),
  secret: block(z.object({ items: blocks(z.object({ key: z.string(), path: z.string() })) })).optional(),
});

export const workloadBlock = z.object({
  metadata: block(z.object({ name: z.string(), namespace: text.default("default") })),
  spec: block(
    z.object({
      template: block(
        z.object({
          spec: block(
            z.object({
              termination_grace_period_seconds: number.default(DEFAULT_GRACE_SECONDS),
              container: blocks(containerBlock),
              volume: blocks(volumeBlock),
            }),
          ),
        }),
      ),
      volume_claim_template: blocks(z.object({ metadata: block(z.object({ name: z.string() })) })),
    }),
  ),
});
