/**
 * Everything that must be there before the pod starts: the synthesized workload, the built service, a model and its
 * server, folders for the mounts, and the conditions. What differs from the cluster is listed as overrides.
 */
import { createHash, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { ENV } from "../service/src/contract";
import { createCpuQuota } from "./conditions/cpu-quota";
import { damageLargestFile, runUntilReady } from "./conditions/damaged-cache";
import { mountSmallDisk } from "./conditions/small-disk";
import { ModelServer } from "./model-server";
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

/** How long a download or a load lasts that is to be interrupted and that no flag has made longer, seconds. */
const INTERRUPTIBLE_SECONDS = 3;
const MIB = 1024 * 1024;

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
  onProgress(`synthesizing ${options.environment}, building the service, preparing the model`);
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

/**
 * The tiny model gets one thread: llama.cpp's threads wait for each other by spinning, and on a busy machine two of them
 * are far slower than one. Other models get what the workload says, as far as this machine has it.
 */
function threadsHere(wanted: string | undefined, tiny: boolean): number {
  return tiny ? 1 : Math.min(Number(wanted ?? Infinity), availableParallelism());
}

const isPath = (model: string): boolean => model.includes("/") || model.endsWith(".gguf") || existsSync(model);

interface LocalModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The file to serve; undefined when the workload's own model is to be downloaded from where it says. */
async function localModel(
  root: string,
  options: RehearsalOptions,
  folder: string,
): Promise<LocalModelFile | undefined> {
  if (options.model !== undefined && !isPath(options.model)) return undefined;
  const path = options.model === undefined ? join(folder, "tiny.gguf") : resolve(options.model);
  if (options.model === undefined) {
    await runNode(
      root,
      ["--import", "tsx", "service/tools/make-model.ts", "--shape", "tiny", "--out", path],
      "the tiny model",
    );
  }
  try {
    return { path, bytes: statSync(path).size, sha256: await sha256(path) };
  } catch (error) {
    throw new RehearsalError(
      `model ${path} cannot be read: ${(error as Error).message}. Give --model a readable GGUF file or an id of the catalogue.`,
      { cause: error },
    );
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function serveModel(
  model: LocalModelFile,
  options: RehearsalOptions,
  override: (name: string, to: string) => void,
  disposals: (() => void | Promise<void>)[],
): Promise<ModelServer> {
  const interruptible = options.killDuring === "download" ? model.bytes / MIB / INTERRUPTIBLE_SECONDS : undefined;
  const mibPerSecond = options.slowNetworkMibps ?? interruptible;
  const server = new ModelServer({ ...model, ...(mibPerSecond === undefined ? {} : { mibPerSecond }) });
  override(ENV.modelUrl, await server.start());
  override(ENV.modelBytes, String(model.bytes));
  override(ENV.modelSha256, model.sha256);
  disposals.push(() => server.stop());
  return server;
}

/** Compiles the service where its sources are newer than what was compiled. */
async function buildService(root: string): Promise<void> {
  const built = join(root, "service", "dist", "main.js");
  const sources = readdirSync(join(root, "service", "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  if (existsSync(built) && Math.max(...sources) < statSync(built).mtimeMs) return;
  await runNode(root, ["node_modules/typescript/bin/tsc", "-p", "service/tsconfig.json"], "the service");
}

function runNode(root: string, args: readonly string[], what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new RehearsalError(`${what} cannot be built:\n${output.trim()}`));
    });
  });
}

/** The given port if it is free, or a free one. */
function choosePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new RehearsalError(
          `port ${wanted} cannot be used (${error.code === "EADDRINUSE" ? "it is taken" : error.message}). ` +
            `Choose another by --port, or leave it out for a free one.`,
        ),
      ),
    );
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}

/** A folder for each mount, by mount path. */
function mapMounts(workload: Workload, folder: string, modelCache: string | undefined): Map<string, string> {
  const folders = new Map<string, string>();
  for (const mount of workload.mounts) {
    const own =
      mount.source === "cache" && modelCache !== undefined ? resolve(modelCache) : join(folder, "mounts", mount.name);
    mkdirSync(own, { recursive: true });
    folders.set(mount.mountPath, own);
  }
  return folders;
}

function movedPath(value: string, folders: ReadonlyMap<string, string>): string | undefined {
  for (const [mountPath, own] of folders) {
    if (value === mountPath || value.startsWith(`${mountPath}/`)) return own + value.slice(mountPath.length);
  }
  return undefined;
}

/** Writes a made-up key into each file of each mounted Secret, and returns the API key that the client must send. */
function writeSecrets(
  workload: Workload,
  folders: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string>>,
): string | undefined {
  const key = `rehearsal-${randomBytes(24).toString("hex")}`;
  for (const mount of workload.mounts) {
    const own = folders.get(mount.mountPath);
    if (own === undefined) continue;
    for (const file of mount.secretFiles) writeFileSync(join(own, file), `${key}\n`, { mode: 0o600 });
  }
  return env[ENV.apiKeysFile] === undefined ? undefined : key;
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
  notes.push(`The cache volume holds ${Math.floor(modelBytes / 2)} bytes, half of the model.`);
}

/** Env that loads the preloads of the conditions into the service; empty for a plain run. */
function conditionEnv(root: string, options: RehearsalOptions): Record<string, string> {
  const holdSeconds =
    options.killDuring === "load" ? Math.max(options.loadSeconds, INTERRUPTIBLE_SECONDS) : options.loadSeconds;
  const preload = (name: string) => `--import ${pathToFileURL(join(root, "rehearsal", "conditions", name)).href}`;
  const preloads = [
    ...(holdSeconds > 0 || options.slowDiskMibps !== undefined ? [preload("hold-load.mjs")] : []),
    ...(options.slowDiskMibps === undefined ? [] : [preload("slow-disk.mjs")]),
  ];
  if (preloads.length === 0) return {};
  return {
    NODE_OPTIONS: preloads.join(" "),
    REHEARSAL_HOLD_LOAD_SECONDS: String(holdSeconds),
    ...(options.slowDiskMibps === undefined ? {} : { REHEARSAL_DISK_MIBPS: String(options.slowDiskMibps) }),
  };
}

function describeConditions(options: RehearsalOptions): string[] {
  const { slowDiskMibps, slowNetworkMibps, loadSeconds, killDuring, speedup } = options;
  return [
    ...(slowDiskMibps === undefined ? [] : [`Disk at ${slowDiskMibps} MiB/s.`]),
    ...(slowNetworkMibps === undefined ? [] : [`Download at ${slowNetworkMibps} MiB/s.`]),
    ...(loadSeconds > 0 ? [`The load is held for ${loadSeconds} s.`] : []),
    ...(killDuring === undefined ? [] : [`SIGKILL once during ${killDuring}.`]),
    ...(speedup === 1
      ? []
      : [`Probe periods, delays and back-off are divided by ${speedup}; time-outs and loads are not.`]),
  ];
}
