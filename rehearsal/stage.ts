import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { ENV } from "../service/src/contract";
import { buildService } from "./build-service";
import { createCpuQuota } from "./conditions/cpu-quota";
import { damageLargestFile, runUntilReady } from "./conditions/damaged-cache";
import { conditionEnv, describeConditions, INTERRUPTIBLE_SECONDS } from "./conditions/preloads";
import { mountSmallDisk, smallDiskNote } from "./conditions/small-disk";
import { choosePort } from "./free-port";
import { PROBE_KINDS } from "./kubelet/probe-spec";
import { localModel } from "./local-model";
import { ModelServer } from "./model-server";
import { mapMounts, movedPath, writeSecrets } from "./mounts";
import { type RehearsalOptions } from "./options";
import { RehearsalError } from "./rehearsal-error";
import { ServiceProcess } from "./service-process";
import { loadWorkload } from "./synthesize";
import { type Workload } from "./workload";

/** A value of the workload that the rehearsal had to change. */
export interface Override {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Everything that must be there before the pod starts: the synthesized workload, the built service, a model and its
 * server, folders for the mounts, and the conditions.
 */
export interface Stage {
  readonly workload: Workload;
  readonly service: ServiceProcess;
  readonly port: number;
  readonly apiKey: string | undefined;
  /** What differs from the cluster. */
  readonly overrides: readonly Override[];
  /** Conditions and remarks, one sentence each; also conditions that this machine did not permit. */
  readonly notes: readonly string[];
  /** How much the model server sent; undefined where the model comes from elsewhere. */
  servedNote(): string | undefined;
  dispose(): Promise<void>;
}

export interface StageProps {
  /** Root of the checkout. */
  readonly root: string;
  readonly options: RehearsalOptions;
  readonly onProgress: (step: string) => void;
}

type Disposals = (() => void | Promise<void>)[];

export async function prepareStage(props: StageProps): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "carepath-rehearsal-"));
  const disposals: Disposals = [() => rmSync(folder, { recursive: true, force: true })];
  const dispose = async () => {
    for (const step of disposals.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(props, folder, disposals)), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function build(
  { root, options, onProgress }: StageProps,
  folder: string,
  disposals: Disposals,
): Promise<Omit<Stage, "dispose">> {
  const source =
    options.synthesized === undefined ? `synthesizing ${options.environment}` : `reading ${options.synthesized}`;
  onProgress(`${source}, building the service, preparing the model`);
  const [workload, model] = await Promise.all([
    loadWorkload(options, root),
    localModel(root, options.model, folder),
    buildService(root),
  ]);
  refuseMissingProbes(workload);
  const port = await choosePort(options.port);
  const notes = describeConditions(options);
  const env: Record<string, string> = { PATH: process.env.PATH ?? "", TMPDIR: folder, ...workload.env };
  const overrides: Override[] = [];
  const override = (name: string, to: string) => {
    const from = env[name] ?? "(not set)";
    if (from !== to) overrides.push({ name, from, to });
    env[name] = to;
  };

  override(ENV.port, String(port));
  override(ENV.host, "127.0.0.1");
  const folders = mapMounts(workload, folder, options.modelCache);
  for (const [name, value] of Object.entries(workload.env)) {
    const moved = movedPath(value, folders);
    if (moved !== undefined) override(name, moved);
  }
  const apiKey = writeSecrets(workload, folders, env);
  const terminationLog = join(folder, "termination-log");
  override(ENV.terminationLog, terminationLog);
  // llama.cpp's threads wait for each other by spinning: on a busy machine two are far slower than one for a tiny model.
  const threads =
    options.model === undefined ? 1 : Math.min(Number(env[ENV.threads] ?? Infinity), availableParallelism());
  override(ENV.threads, String(threads));

  let modelServer: ModelServer | undefined;
  if (model !== undefined) {
    const mebibytes = model.bytes / 2 ** 20;
    const interruptible = options.killDuring === "download" ? mebibytes / INTERRUPTIBLE_SECONDS : undefined;
    const planned = options.planned && mebibytes / (options.planned.downloadSeconds / options.speedup);
    modelServer = new ModelServer(model, options.slowNetworkMibps ?? interruptible ?? planned);
    override(ENV.modelUrl, await modelServer.start());
    override(ENV.modelBytes, String(model.bytes));
    override(ENV.modelSha256, model.sha256);
    disposals.push(() => modelServer?.stop());
  }
  const cache = env[ENV.modelCacheDir] ?? folder;
  const modelBytes = Number(env[ENV.modelBytes]);
  if (options.diskFull) notes.push(limitDisk(cache, modelBytes, disposals));
  const cgroupFiles: string[] = [];
  if (options.cpus !== undefined) notes.push(limitCpus(options.cpus, cgroupFiles, disposals));

  const container = { command: workload.command, cwd: join(root, "service"), terminationLog, cgroupFiles };
  const service = (more: Readonly<Record<string, string>> = {}) =>
    new ServiceProcess({ ...container, logFile: join(folder, "service.log"), env: { ...env, ...more } });
  if (options.corruptCache) {
    onProgress("filling the cache, to damage it");
    await runUntilReady(service(), port);
    damageLargestFile(cache);
    notes.push("The cache holds a damaged model.");
  }
  const rehearsed = service(conditionEnv(root, options));
  disposals.push(() => rehearsed.crash());
  const servedNote = () =>
    modelServer && `The model server sent ${modelServer.servedBytes} bytes for a file of ${modelBytes}.`;
  return { workload, service: rehearsed, port, apiKey, overrides, notes, servedNote };
}

/** Why a workload without this probe fails before it is run. */
const WITHOUT_PROBE = {
  startup: "nothing holds the liveness probe back while the model loads",
  liveness: "a hung service is never restarted",
  readiness: "clients are sent to a pod that cannot answer",
} as const;

function refuseMissingProbes({ name, pod }: Workload): void {
  const missing = PROBE_KINDS.find((kind) => pod.probes[kind] === undefined);
  if (missing === undefined) return;
  throw new RehearsalError(
    `${name} has no ${missing} probe: ${WITHOUT_PROBE[missing]}. Give the container a ${missing}Probe.`,
  );
}

/** @returns the note that says what is in force */
function limitDisk(cache: string, modelBytes: number, disposals: Disposals): string {
  const disk = mountSmallDisk(cache, modelBytes / 2);
  if (typeof disk === "string") return `--disk-full is NOT in force: ${disk}.`;
  disposals.push(() => disk.unmount());
  return smallDiskNote(modelBytes);
}

/** @returns the note that says what is in force */
function limitCpus(cpus: number, cgroupFiles: string[], disposals: Disposals): string {
  const quota = createCpuQuota(cpus);
  if (typeof quota === "string") return `--cpus ${cpus} is NOT in force: ${quota}.`;
  cgroupFiles.push(...quota.joinFiles);
  disposals.push(() => quota.remove());
  return `CPU quota of ${cpus} by cgroup.`;
}
