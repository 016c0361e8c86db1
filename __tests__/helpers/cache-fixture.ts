import { mkdtemp, readFile, rm } from "node:fs/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteRanges, type ByteRange } from "../../service/src/model-store/byte-ranges.js";
import { cachePaths, type CachePaths } from "../../service/src/model-store/cache-layout.js";
import { ModelStore, type AcquireHooks, type ModelStoreOptions } from "../../service/src/model-store/model-store.js";
import { type PinnedModel } from "../../service/src/settings.js";
import { factsOf, startModelServer, type ModelRequest, type ModelServer } from "./model-server.js";

/** A model server and an empty cache directory, with a store between them whose pieces are small. */
export interface CacheFixture {
  readonly server: ModelServer;
  readonly model: PinnedModel;
  readonly paths: CachePaths;
  /** Phases with their notes, in the order in which they were told. */
  readonly phases: string[];
  readonly warnings: unknown[];
  /** A store as a new process would have it. */
  newStore(overrides?: StoreOverrides): ModelStore;
  /** One try; with a new store unless one is given. */
  acquire(store?: ModelStore, hooks?: Partial<AcquireHooks>): Promise<Awaited<ReturnType<ModelStore["acquire"]>>>;
  /** What is at the published path. */
  published(): Promise<Buffer>;
  dispose(): Promise<void>;
}

export interface StoreOverrides extends Partial<Omit<ModelStoreOptions, "model">> {
  readonly model?: Partial<PinnedModel>;
}

export const SMALL_PIECES = { connections: 3, pieceBytes: 64 * 1024, checkpointBytes: 16 * 1024 };
/** Memory where there is some: small checkpoints sync often, and a busy disk takes its time for each. */
export const SCRATCH = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const NO_PROXIES = { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined };

export async function cacheFixture(content: Buffer, parent = SCRATCH): Promise<CacheFixture> {
  const [server, cacheDir] = await Promise.all([startModelServer(content), mkdtemp(join(parent, "carepath-store-"))]);
  const model: PinnedModel = {
    kind: "pinned",
    url: server.url,
    ...factsOf(content),
    cacheDir,
    tokenFile: undefined,
    prune: false,
    verify: "marker",
  };
  const paths = cachePaths(model);
  const phases: string[] = [];
  const warnings: unknown[] = [];
  const logger = { info: () => undefined, warn: (fields: unknown) => void warnings.push(fields) };
  const fixture: CacheFixture = {
    server,
    model,
    paths,
    phases,
    warnings,
    newStore: ({ model: changes, ...options } = {}) =>
      new ModelStore({
        model: { ...model, ...changes },
        proxies: NO_PROXIES,
        logger,
        tuning: SMALL_PIECES,
        timeouts: { connect: 2_000, headers: 2_000, body: 1_000 },
        ...options,
      }),
    acquire: async (store = fixture.newStore(), hooks = {}) =>
      await store.acquire({
        signal: new AbortController().signal,
        onPhase: (phase, note) => void phases.push(note === undefined ? phase : `${phase}: ${note}`),
        onProgress: () => undefined,
        ...hooks,
      }),
    published: () => readFile(paths.model),
    dispose: async () => {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** The bytes that a download in this directory claims to have safely on disk; none when it claims nothing. */
export function recordedRanges(cacheDir: string): ByteRanges {
  const name = readdirSync(cacheDir).find((file) => file.endsWith(".partial.json"));
  if (name === undefined) return new ByteRanges();
  const { ranges } = JSON.parse(readFileSync(join(cacheDir, name), "utf8")) as { ranges: ByteRange[] };
  return new ByteRanges(ranges);
}

/** The ranges among those asked for that hold a byte which was on disk already. */
export function askedAgain(requests: readonly ModelRequest[], onDisk: ByteRanges): string[] {
  return requests.flatMap(({ range }) => {
    if (range === undefined) return ["the whole file"];
    const { first, last } = range;
    return onDisk
      .toArray()
      .filter(({ start, end }) => first < end && last >= start)
      .map(({ start, end }) => `${first}-${last} although ${start}-${end - 1} was on disk`);
  });
}
