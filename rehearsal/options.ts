/** What a rehearsal can be asked for; `commands/rehearse/options.ts` reads it from the command line. */

/** Bad usage: exit code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

export const KILL_PHASES = ["download", "load", "answer"] as const;
export type KillPhase = (typeof KILL_PHASES)[number];

/** The planned worst start of the real model, which a rehearsal with a stand-in goes through; seconds of the plan. */
export interface PlannedStart {
  readonly model: string;
  readonly downloadSeconds: number;
  /** Verifying, loading and the first token. */
  readonly loadSeconds: number;
  readonly startupWindowSeconds: number;
}

export interface RehearsalOptions {
  readonly story: boolean;
  /** All tables of the story. */
  readonly all: boolean;
  readonly json: boolean;
  readonly svg: string | undefined;
  /** @default CAREPATH_ENV, then "demo" */
  readonly environment: string;
  /** Read the workload from this output folder of an earlier synth instead of synthesizing. */
  readonly synthesized: string | undefined;
  /** Path of a GGUF file or id of a model of the catalogue. @default the embedded tiny model */
  readonly model: string | undefined;
  readonly modelCache: string | undefined;
  /** 0 is a free one. */
  readonly port: number;
  readonly slowDiskMibps: number | undefined;
  readonly slowNetworkMibps: number | undefined;
  readonly loadSeconds: number;
  readonly cpus: number | undefined;
  readonly killDuring: KillPhase | undefined;
  readonly corruptCache: boolean;
  readonly diskFull: boolean;
  /** What the start is held for; undefined is the stand-in's own start, or one that other conditions make. */
  readonly planned?: PlannedStart;
  readonly speedup: number;
}

/** @throws {UsageError} for conditions that need different caches */
export function refuseContradictions(
  options: Pick<RehearsalOptions, "corruptCache" | "diskFull" | "modelCache">,
): void {
  const cacheFlags = [
    ...(options.corruptCache ? ["--corrupt-cache"] : []),
    ...(options.diskFull ? ["--disk-full"] : []),
    ...(options.modelCache === undefined ? [] : ["--model-cache"]),
  ];
  if ((options.diskFull || options.corruptCache) && cacheFlags.length > 1) {
    throw new UsageError(`${cacheFlags.join(" and ")} contradict each other: each needs its own cache. Choose one.`);
  }
}
