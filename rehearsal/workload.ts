/**
 * The chat workload as Terraform would apply it: read from the synthesized JSON of the chat stack, not from the
 * TypeScript objects that made it, so that a mistake on the way to the JSON is rehearsed too.
 */
import { z } from "zod";

import type { PodSpec } from "./kubelet/pod";
import { PROBE_KINDS, type ProbeKind, probeSpec, type ProbeSpec } from "./kubelet/probe-spec";
import { RehearsalError } from "./rehearsal-error";

export interface Workload {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
  readonly namespace: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Port that the probes ask; its name is resolved. */
  readonly port: number;
  readonly mounts: readonly Mount[];
  /** Limits as written, e.g. `{cpu: "2", memory: "6144Mi"}`. */
  readonly limits: Readonly<Record<string, string>>;
  readonly terminationMessagePath: string;
  readonly pod: PodSpec;
}

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly source: "cache" | "scratch" | "secret" | "other";
  /** Files that a Secret must bring: key and path. Empty for other sources. */
  readonly secretFiles: readonly string[];
}

/** Terraform JSON writes a block either as an object or as a list of one. */
const block = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value: unknown) => (Array.isArray(value) ? (value as unknown[])[0] : value), schema);
const blocks = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value: unknown): unknown => (Array.isArray(value) ? value : [value ?? []].flat()), z.array(schema));
const text = z.union([z.string(), z.number()]).transform(String);
const seconds = z.union([z.number(), z.string()]).optional();

const probeBlock = z.object({
  http_get: block(
    z.object({
      path: z.string().default("/"),
      port: text,
      scheme: z.string().optional(),
      http_header: blocks(z.object({ name: z.string(), value: z.string() })),
    }),
  ).optional(),
  initial_delay_seconds: seconds,
  period_seconds: seconds,
  timeout_seconds: seconds,
  success_threshold: seconds,
  failure_threshold: seconds,
  termination_grace_period_seconds: seconds,
});
type ProbeBlock = z.infer<typeof probeBlock>;

const hook = z.object({
  exec: block(z.object({ command: z.array(z.string()) })).optional(),
  sleep: block(z.object({ seconds: z.union([z.number(), z.string()]) })).optional(),
});

const containerBlock = z.object({
  name: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: blocks(z.object({ name: z.string(), value: text.optional() })),
  port: blocks(z.object({ name: z.string().optional(), container_port: z.union([z.number(), z.string()]) })),
  startup_probe: block(probeBlock).optional(),
  liveness_probe: block(probeBlock).optional(),
  readiness_probe: block(probeBlock).optional(),
  lifecycle: block(z.object({ pre_stop: block(hook).optional() })).optional(),
  resources: block(z.object({ limits: z.record(z.string(), text).default({}) })).optional(),
  termination_message_path: z.string().default("/dev/termination-log"),
  volume_mount: blocks(z.object({ name: z.string(), mount_path: z.string(), read_only: z.boolean().default(false) })),
});

const volumeBlock = z.object({
  name: z.string(),
  persistent_volume_claim: z.unknown().optional(),
  empty_dir: z.unknown().optional(),
  secret: block(z.object({ items: blocks(z.object({ key: z.string(), path: z.string() })) })).optional(),
});

const workloadBlock = z.object({
  metadata: block(z.object({ name: z.string(), namespace: text.default("default") })),
  spec: block(
    z.object({
      template: block(
        z.object({
          spec: block(
            z.object({
              termination_grace_period_seconds: seconds,
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

const KINDS = { kubernetes_deployment_v1: "Deployment", kubernetes_stateful_set_v1: "StatefulSet" } as const;

/** Kubernetes' default grace period. */
const DEFAULT_GRACE_SECONDS = 30;

/**
 * Reads the one chat workload of a stack.
 *
 * @param stack the parsed `cdk.tf.json`
 * @param subject how messages name it, e.g. `carepath-demo-chat`
 * @throws {RehearsalError} when there is no workload, or one that cannot be rehearsed
 */
export function readWorkload(stack: unknown, subject: string): Workload {
  const resources = z.object({ resource: z.record(z.string(), z.record(z.string(), z.unknown())) }).safeParse(stack);
  const found = Object.entries(KINDS).flatMap(([type, kind]) =>
    Object.values(resources.data?.resource[type] ?? {}).map((body) => ({ kind, body })),
  );
  const [workload, ...others] = found;
  if (workload === undefined || others.length > 0) {
    throw new RehearsalError(
      `${subject} has ${found.length === 0 ? "no" : found.length} chat workload${found.length === 1 ? "" : "s"} ` +
        `(${Object.keys(KINDS).join(" or ")}). A rehearsal needs exactly one: choose an environment with a chat stack ` +
        `by --env or CAREPATH_ENV.`,
    );
  }
  const parsed = workloadBlock.safeParse(workload.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RehearsalError(
      `${subject}: the ${workload.kind} cannot be read at ${issue?.path.join(".") ?? "its root"}: ${issue?.message ?? ""}. ` +
        `It must be the pod template that the Kubernetes provider documents.`,
    );
  }
  const { metadata, spec } = parsed.data;
  const pod = spec.template.spec;
  const [container, ...sidecars] = pod.container;
  if (container === undefined || sidecars.length > 0) {
    throw new RehearsalError(
      `${subject}: the pod of ${metadata.name} has ${pod.container.length} containers. A rehearsal runs exactly one.`,
    );
  }
  const claims = new Set([
    ...pod.volume.filter((volume) => volume.persistent_volume_claim !== undefined).map(({ name }) => name),
    ...spec.volume_claim_template.map((claim) => claim.metadata.name),
  ]);
  return {
    kind: workload.kind,
    name: metadata.name,
    namespace: metadata.namespace,
    container: container.name,
    command: commandOf(container, subject),
    env: environmentOf(container, subject),
    ...probesOf(container, subject),
    mounts: container.volume_mount.map((mount) => mountOf(mount, pod.volume, claims)),
    limits: container.resources?.limits ?? {},
    terminationMessagePath: container.termination_message_path,
    pod: {
      probes: probesOf(container, subject).probes,
      terminationGracePeriodSeconds: Number(pod.termination_grace_period_seconds ?? DEFAULT_GRACE_SECONDS),
      preStopSeconds: preStopSeconds(container, subject),
    },
  };
}

type ContainerBlock = z.infer<typeof containerBlock>;

function commandOf(container: ContainerBlock, subject: string): string[] {
  const command = [...container.command, ...container.args];
  if (container.command.length > 0) return command;
  throw new RehearsalError(
    `${subject}: container ${container.name} has no command. A rehearsal does not read images: write the command into the pod.`,
  );
}

function environmentOf(container: ContainerBlock, subject: string): Record<string, string> {
  const unknown = container.env.filter(({ value }) => value === undefined || value.includes("${"));
  if (unknown.length > 0) {
    throw new RehearsalError(
      `${subject}: the value of ${unknown.map(({ name }) => name).join(", ")} is only known to Terraform. A rehearsal ` +
        `needs plain values in the container's env; mount a secret as a file instead.`,
    );
  }
  return Object.fromEntries(container.env.map(({ name, value = "" }) => [name, value]));
}

function probesOf(container: ContainerBlock, subject: string): { port: number; probes: PodSpec["probes"] } {
  const given: Record<ProbeKind, ProbeBlock | undefined> = {
    startup: container.startup_probe,
    liveness: container.liveness_probe,
    readiness: container.readiness_probe,
  };
  const probes: Partial<Record<ProbeKind, ProbeSpec>> = {};
  const ports = new Set<number>();
  for (const kind of PROBE_KINDS) {
    const probe = given[kind];
    if (probe === undefined) continue;
    if (probe.http_get === undefined || (probe.http_get.scheme ?? "HTTP") !== "HTTP") {
      throw new RehearsalError(`${subject}: the ${kind} probe is not an HTTP GET. A rehearsal knows only those.`);
    }
    ports.add(portNumber(probe.http_get.port, container, `${subject}: the ${kind} probe`));
    probes[kind] = readProbe(kind, probe, probe.http_get, subject);
  }
  const [port] = ports;
  if (ports.size > 1) {
    throw new RehearsalError(
      `${subject}: the probes ask ${ports.size} ports (${[...ports].join(", ")}). They must ask one.`,
    );
  }
  return { port: port ?? Number(container.port[0]?.container_port ?? 0), probes };
}

function readProbe(
  kind: ProbeKind,
  probe: ProbeBlock,
  get: NonNullable<ProbeBlock["http_get"]>,
  subject: string,
): ProbeSpec {
  const fields = {
    initialDelaySeconds: probe.initial_delay_seconds,
    periodSeconds: probe.period_seconds,
    timeoutSeconds: probe.timeout_seconds,
    successThreshold: probe.success_threshold,
    failureThreshold: probe.failure_threshold,
    terminationGracePeriodSeconds: probe.termination_grace_period_seconds,
  };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const numbers = Object.fromEntries(present.map(([field, value]) => [field, Number(value)]));
  const headers = Object.fromEntries(get.http_header.map(({ name, value }) => [name, value]));
  try {
    return probeSpec(kind, { path: get.path, headers, ...numbers });
  } catch (error) {
    throw new RehearsalError(`${subject}: ${(error as Error).message}`);
  }
}

function portNumber(port: string, container: ContainerBlock, subject: string): number {
  if (/^\d+$/.test(port)) return Number(port);
  const named = container.port.find(({ name }) => name === port);
  if (named !== undefined) return Number(named.container_port);
  const names = container.port.map(({ name }) => name ?? "(unnamed)").join(", ");
  throw new RehearsalError(
    `${subject} asks port "${port}", and the container has ${names || "no port"}. Name one of them.`,
  );
}

function preStopSeconds(container: ContainerBlock, subject: string): number | undefined {
  const preStop = container.lifecycle?.pre_stop;
  if (preStop === undefined) return undefined;
  if (preStop.sleep !== undefined) return Number(preStop.sleep.seconds);
  const [program, duration = ""] = preStop.exec?.command ?? [];
  if (program === "sleep" && /^\d+$/.test(duration)) return Number(duration);
  throw new RehearsalError(`${subject}: the preStop hook is not a sleep. A rehearsal cannot run other hooks.`);
}

function mountOf(
  mount: ContainerBlock["volume_mount"][number],
  volumes: readonly z.infer<typeof volumeBlock>[],
  claims: ReadonlySet<string>,
): Mount {
  const volume = volumes.find(({ name }) => name === mount.name);
  const secretFiles = volume?.secret?.items.map(({ path }) => path) ?? [];
  const source = claims.has(mount.name)
    ? "cache"
    : volume?.secret !== undefined
      ? "secret"
      : volume?.empty_dir !== undefined
        ? "scratch"
        : "other";
  return { name: mount.name, mountPath: mount.mount_path, readOnly: mount.read_only, source, secretFiles };
}
