/**
 * The same requests to this service and to a llama-server, case by case in turn, so that a machine that gets busier
 * does so for both. Ratios say more than figures.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { ENV, PATHS } from "../../src/contract.js";
import { cpuAllotment } from "../../src/engine/cpu-allotment.js";
import { median } from "../benchmark.js";
import { build } from "../service-process.js";
import { CASES, type CaseSize } from "./cases.js";
import { TakingTurns } from "./conversations.js";
import { Measurements } from "./measurements.js";
import { besideNeighbours } from "./neighbours.js";
import { type Server, type ServerOptions, startPeer, startService, temporaryCache, withServer } from "./server.js";
import { figure, load, print, printPair } from "./table.js";

export interface ComparisonOptions {
  /** Path of a llama-server. */
  readonly peer: string;
  readonly modelPath: string;
  readonly repeats: number;
  /** One repeat and shorter answers. */
  readonly quick: boolean;
  /** Names of `PEER_CASES`; none stands for all of them. */
  readonly only: readonly string[];
  /** Of both servers. @default the cpu allotment */
  readonly threads?: number | undefined;
}

/** What can be measured, and in which order. */
export const PEER_CASES: readonly string[] = [
  "triage",
  ...CASES.map(({ name }) => name),
  "neighbours",
  "conversations",
  "restart",
];

/** A machine with more load than this is not quiet. */
const QUIET_LOAD = 0.5;
const CONTEXT_SIZE = 2048;

export async function comparePeer({
  peer,
  modelPath,
  repeats,
  quick,
  only,
  ...given
}: ComparisonOptions): Promise<void> {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  build();
  const { threads = cpuAllotment().threads } = given;
  if ((loadavg()[0] ?? 0) > QUIET_LOAD) {
    console.log(`warning: the load average is ${load()} before anything has begun; look at the ratios only.`);
  }
  const size: CaseSize = { answer: quick ? 32 : 96 };
  const options = { modelPath, contextSize: CONTEXT_SIZE, threads };
  print("", "this service", "llama-server", "ratio", "goal");
  const withFourSlots = async (ours: Server, theirs: Server): Promise<void> => {
    if (wanted("triage")) await firstTriage(ours);
    for (const { title, unit, goal, ...it } of CASES.filter(({ name }) => wanted(name))) {
      const [our, their] = [new Measurements(), new Measurements()];
      for (let turn = 0; turn < (quick ? 1 : repeats); turn++) {
        await our.take(ours, () => it.measure(ours, size));
        await their.take(theirs, () => it.measure(theirs, size));
      }
      const processor = unit === "tok/s" ? ` (${(their.processor / our.processor).toFixed(2)} by processor time)` : "";
      printPair(`${title}, ${unit}`, median(our.values), median(their.values), `${goal}${processor}`);
    }
    if (wanted("neighbours")) await besideNeighbours(ours, theirs, size, options);
  };
  const later = ["conversations", "restart"];
  if (PEER_CASES.some((name) => wanted(name) && !later.includes(name))) {
    await withBoth(peer, { ...options, slots: 4 }, withFourSlots);
  }
  if (wanted("conversations")) await conversations(peer, options);
  if (wanted("restart")) await afterRestart(options);
}

/** The first /triage after the start: how much of its prompt was known. */
async function firstTriage(server: Server): Promise<void> {
  const body = JSON.stringify({ query: "I have had a headache since this morning." });
  const headers = { "content-type": "application/json" };
  const answer = new AbortController();
  const asked = fetch(`${server.url}${PATHS.triage}`, { method: "POST", headers, body, signal: answer.signal });
  let ended = false as boolean;
  const end = asked.catch(() => undefined).finally(() => (ended = true));
  let [known, all] = [0, 0];
  // The answer itself is of no interest, and one of random weights is as long as it may be.
  while (all === 0 && !ended) {
    await sleep(100);
    const metrics = await (await fetch(`${server.url}${PATHS.metrics}`)).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    [known, all] = [value("carepath_prompt_cached_tokens_total"), value("carepath_prompt_tokens_total")];
  }
  answer.abort();
  await end;
  const share = known / all;
  print("first /triage, share of the prompt known", share.toFixed(2), "", "", ">= 0.8");
}

async function conversations(peer: string, options: Omit<ServerOptions, "slots">): Promise<void> {
  await withBoth(peer, { ...options, slots: 2 }, async (ours, theirs) => {
    const [our, their] = [new TakingTurns(), new TakingTurns()];
    const first = [await our.next(ours), await their.next(theirs)] as const;
    const second = [await our.next(ours), await their.next(theirs)] as const;
    printPair("8 conversations on 2 slots, first turns, s", ...first, "");
    printPair("  second turns, s", ...second, "<= 0.9");
    print("  second by first turns", figure(second[0] / first[0]), figure(second[1] / first[1]), "", "<= 0.2");
  });
}

/** The conversations of a process go on in the next one, because they are on a volume. */
async function afterRestart(options: Omit<ServerOptions, "slots">): Promise<void> {
  const cache = temporaryCache();
  const onVolume = { [ENV.stateCacheOnVolume]: "true", [ENV.modelCacheDir]: cache.path };
  try {
    const turns = new TakingTurns();
    const oneLife = (): Promise<number> =>
      withServer(startService({ ...options, slots: 2 }, onVolume), (server) => turns.next(server));
    const first = await oneLife();
    const second = await oneLife();
    print("after a restart, second by first turns", figure(second / first), "", "", "<= 0.2");
  } finally {
    cache.remove();
  }
}

/** Both servers are loaded at the same time, and one of them has something to do. */
function withBoth(
  peer: string,
  options: ServerOptions,
  use: (ours: Server, theirs: Server) => Promise<void>,
): Promise<void> {
  return withServer(startService(options), (ours) =>
    withServer(startPeer(peer, options), (theirs) => use(ours, theirs)),
  );
}
