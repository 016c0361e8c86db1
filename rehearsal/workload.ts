import { z } from "zod";

import { type PodSpec } from "./kubelet/pod";
import { PROBE_KINDS, type ProbeKind, probeSpec, type ProbeSpec } from "./kubelet/probe-spec";
import { RehearsalError } from "./rehearsal-error";
import { type ContainerBlock, type ProbeBlock, type VolumeBlock, workloadBlock } from "./workload-block";

/**
 * The chat workload as Terraform would apply it: read from the synthesized JSON of the chat stack, not from the
 * TypeScript objects that made it, so that a mistake on the way to the JSON is rehearsed too.
 */
export interface Workload {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
  readonly namespace: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Port that the probes ask; its name is resolved. */
  readonly port: number;
  readonly mounts: readonly Mount[];
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

const KINDS = { kubernetes_deployment_v1: "Deployment", kubernetes_stateful_set_v1: "StatefulSet" } as const;

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
  const { port, probes } = probesOf(container, subject);
  return {
    kind: workload.kind,
    name: metadata.name,
    namespace: metadata.namespace,
    command: commandOf(container, subject),
    env: environmentOf(container, subject),
    port,
    mounts: container.volume_mount.map((mount) => mountOf(mount, pod.volume, claims)),
    pod: {
      probes,
      terminationGracePeriodSeconds: pod.termination_grace_period_seconds,
      preStopSeconds: preStopSeconds(container, subject),
    },
  };
}

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
    if (!asksOverHttp(probe)) {
      throw new RehearsalError(`${subject}: the ${kind} probe is not an HTTP GET. A rehearsal knows only those.`);
    }
    ports.add(portNumber(probe.http_get.port, container, `${subject}: the ${kind} probe`));
    probes[kind] = readProbe(kind, probe, subject);
  }
  const [port] = ports;
  if (ports.size > 1) {
    throw new RehearsalError(
      `${subject}: the probes ask ${ports.size} ports (${[...ports].join(", ")}). They must ask one.`,
    );
  }
  return { port: port ?? container.port[0]?.container_port ?? 0, probes };
}

type HttpProbeBlock = ProbeBlock & { readonly http_get: NonNullable<ProbeBlock["http_get"]> };

const asksOverHttp = (probe: ProbeBlock): probe is HttpProbeBlock =>
  probe.http_get !== undefined && (probe.http_get.scheme ?? "HTTP") === "HTTP";

function readProbe(kind: ProbeKind, { http_get, ...numbers }: HttpProbeBlock, subject: string): ProbeSpec {
  const headers = Object.fromEntries(http_get.http_header.map(({ name, value }) => [name, value]));
  const camelCase = (field: string) => field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const fields = Object.fromEntries(Object.entries(numbers).map(([field, value]) => [camelCase(field), value]));
  try {
    return probeSpec(kind, { path: http_get.path, headers, ...fields });
  } catch (error) {
    throw new RehearsalError(`${subject}: ${(error as Error).message}`);
  }
}

function portNumber(port: string, container: ContainerBlock, subject: string): number {
  if (/^\d+$/.test(port)) return Number(port);
  const named = container.port.find(({ name }) => name === port);
  if (named !== undefined) return named.container_port;
  const names = container.port.map(({ name }) => name ?? "(unnamed)").join(", ");
  throw new RehearsalError(
    `${subject} asks port "${port}", and the container has ${names || "no port"}. Name one of them.`,
  );
}

function preStopSeconds(container: ContainerBlock, subject: string): number | undefined {
  const preStop = container.lifecycle?.pre_stop;
  if (preStop === undefined) return undefined;
  if (preStop.sleep !== undefined) return preStop.sleep.seconds;
  const [program, duration = ""] = preStop.exec?.command ?? [];
  if (program === "sleep" && /^\d+$/.test(duration)) return Number(duration);
  throw new RehearsalError(`${subject}: the preStop hook is not a sleep. A rehearsal cannot run other hooks.`);
}

function mountOf(
  mount: ContainerBlock["volume_mount"][number],
  volumes: readonly VolumeBlock[],
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
