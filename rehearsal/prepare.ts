/**
 * Everything that must be there before the pod starts: the synthesized workload, the built service, a model and its
 * server, folders for the mounts, and the conditions. What differs from the cluster is listed as overrides.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { ENV } from "../service/src/contract";
import { buildService } from "./built-service";
import { createCpuQuota } from "./conditions/cpu-quota";
import { damageLargestFile, runUntilReady } from "./conditions/damaged-cache";
import { conditionEnv, describeConditions } from "./conditions/preloads";
import { mountSmallDisk, smallDiskNote } from "./conditions/small-disk";
import { choosePort } from "./free-port";
import { isPath, localModel, serveModel, threadsHere } from "./local-model";
import type { ModelServer } from "./model-server";
import { mapMounts, movedPath, writeSecrets } from "./mounts";
import type { RehearsalOptions } from "./options";
import { RehearsalError } from "./rehearsal-error";
import { ServiceProcess } from "./service-process";
import { readWorkloadOf, synthesizeWorkload } from "./synthesize";
import type { Workload } from "./workload";

/** A value of the workload that the rehearsal had to change. */
export interface Override {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface Stage {
  readonly workload: Workload;
  readonly service: ServiceProcess;
  readonly port: number;
  readonly apiKey: string | undefined;
  readonly cacheDir: string | undefined;
  readonly logFile: string;
  readonly modelServer: ModelServer | undefined;
  readonly modelBytes: number | undefined;
  readonly overrides: readonly Override[];
  /** Conditions and remarks, one sentence each; also those that this machine did not permit. */
  readonly notes: readonly string[];
  dispose(): Promise<void>;
}

export interface PrepareProps {
  /** Root of the checkout. */
  readonly root: string;
  readonly options: RehearsalOptions;
  readonly onProgress: (step: string) => void;
}

export async function prepare(props: PrepareProps): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "carepath-rehearsal-"));
  const disposals: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
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
  { root, options, onProgress }: PrepareProps,
  folder: string,
  disposals: (() => void | Promise<void>)[],
): Promise<Omit<Stage, "dispose">> {
  const source =
    options.synthesized === undefined ? `synthesizing ${options.environment}` : `reading ${options.synthesized}`;
  onProgress(`${source}, building the service, preparing the model`);
  const [workload, model] = await Promise.all([
    readTheWorkload(root, options, folder),
    localModel(root, options, folder),
    buildService(root),
  ]);
  refuseUnprobed(workload);
  const port = await choosePort(options.port);
  const notes: string[] = [];
  const env: Record<string, string> = { ...workload.env };
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

  override(ENV.threads, String(threadsHere(env[ENV.threads], options.model === undefined)));

  const cacheDir = env[ENV.modelCacheDir];
  const modelServer = model === undefined ? undefined : await serveModel(model, options, override, disposals);
  if (options.diskFull) limitDisk(cacheDir, model?.bytes ?? Number(env[ENV.modelBytes]), notes, disposals);

  const preloads = conditionEnv(root, options);
  const cgroupFiles: string[] = [];
  if (options.cpus !== undefined) {
    const quota = createCpuQuota(options.cpus);
    if (typeof quota === "string") notes.push(`--cpus ${options.cpus} is NOT in force: ${quota}.`);
    else {
      cgroupFiles.push(...quota.joinFiles);
      disposals.push(() => quota.remove());
      notes.push(`CPU quota of ${options.cpus} by cgroup.`);
    }
  }
  const logFile = join(folder, "service.log");
  const processProps = {
    command: workload.command,
    cwd: join(root, "service"),
    terminationLog,
    logFile,
    cgroupFiles,
  };
  const basics = { PATH: process.env.PATH ?? "", TMPDIR: folder };
  if (options.corruptCache) {
    onProgress("filling the cache, to damage it");
    await runUntilReady(new ServiceProcess({ ...processProps, env: { ...basics, ...env } }), port);
    damageLargestFile(cacheDir ?? folder);
    notes.push("The cache holds a damaged model.");
  }
  const service = new ServiceProcess({ ...processProps, env: { ...basics, ...env, ...preloads } });
  disposals.push(() => service.crash());
  return {
    workload,
    service,
    port,
    apiKey,
    cacheDir,
    logFile,
    modelServer,
    modelBytes: model?.bytes,
    overrides,
    notes: [...describeConditions(options), ...notes],
  };
}

function readTheWorkload(root: string, options: RehearsalOptions, folder: string): Promise<Workload> {
  if (options.synthesized !== undefined) {
    return Promise.resolve(readWorkloadOf(resolve(options.synthesized), options.environment));
  }
  const outdir = join(folder, "cdktf.out");
  const modelId = options.model !== undefined && !isPath(options.model) ? options.model : undefined;
  return synthesizeWorkload({ root, environment: options.environment, outdir, modelId });
}

/** A workload without a startup probe fails before it is run: nothing would hold liveness back while the model loads. */
function refuseUnprobed({ name, pod }: Workload): void {
  for (const kind of ["startup", "liveness", "readiness"] as const) {
    if (pod.probes[kind] !== undefined) continue;
    const why = {
      startup: "nothing holds the liveness probe back while the model loads",
      liveness: "a hung service is never restarted",
      readiness: "clients are sent to a pod that cannot answer",
    };
    throw new RehearsalError(`${name} has no ${kind} probe: ${why[kind]}. Give the container a ${kind}Probe.`);
  }
}

function limitDisk(
  cacheDir: string | undefined,
  modelBytes: number,
  notes: string[],
  disposals: (() => void | Promise<void>)[],
): void {
  if (cacheDir === undefined) return;
  const disk = mountSmallDisk(cacheDir, modelBytes / 2);
  if (typeof disk === "string") {
    notes.push(`--disk-full is NOT in force: ${disk}.`);
    return;
  }
  disposals.push(() => disk.unmount());
  notes.push(smallDiskNote(modelBytes));
}
