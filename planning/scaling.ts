import { instanceType } from "./instance-types";
import { type ModelFacts } from "./model-catalogue";
import { podFit } from "./pod-fit";
import { HOURS_PER_MONTH, instanceHour } from "./prices";
import { simulate, type SimulationResult } from "./queue-simulation";
import { throughput, type Throughput } from "./throughput";

/**
 * From tokens a second to replicas, nodes and dollars: the figures of docs/scaling.md. All of them are estimates on
 * paper; the assumptions below are where to start when you know better.
 */
export const ASSUMED_USERS = {
  /** Share of the users who are in a conversation in the busiest hour. */
  activeShare: 0.05,
  /** One of them asks a question this often, seconds. */
  secondsBetweenQuestions: 120,
  lengths: { prompt: 250, answer: 180, spread: 0.6, maxAnswer: 512 },
} as const;

/** What counts as good enough. */
export const TARGET = { firstTokenP95Seconds: 15, refusedShare: 0.01 } as const;

/** The node that the figures are for: the cheapest tokens of the table with four vCPUs. */
export const CPU_NODE = "c8g.xlarge";

/**
 * One L4 (24 GB) with continuous batching for a 3B model in 4 bits. **An assumption**: a published measurement of vLLM
 * 0.16 on an L4 (bench.bereketlemma.com, 5 April 2026) peaks at 452 tok/s with AWQ weights; a model of half the usual 7B
 * to 8B is taken to be twice as fast. `usableShare` keeps the queue short.
 */
export const GPU_NODE = { name: "g6.xlarge", tokensPerSecond: 900, usableShare: 0.7 } as const;

export const SLOTS = 2;
export const MAX_QUEUE = 16;

/** Speed of one replica on `CPU_NODE` with the largest pod that fits it. */
export function replicaThroughput(model: Pick<ModelFacts, "bytes">): Throughput & { readonly cores: number } {
  const instance = instanceType(CPU_NODE);
  if (instance === undefined) throw new Error(`CPU_NODE (${CPU_NODE}) is not in planning/instance-types.ts.`);
  const cores = podFit(instance, { cpuCores: 1, memoryMiB: 1 }).largestPodCores;
  return { ...throughput(model.bytes, { threads: cores, slots: SLOTS, instance }), cores };
}

/** Questions a second of so many users in the busiest hour. */
export function questionsPerSecond(users: number): number {
  return (users * ASSUMED_USERS.activeShare) / ASSUMED_USERS.secondsBetweenQuestions;
}

/** How `users` users fare on some replicas. */
export function simulateUsers(
  model: Pick<ModelFacts, "bytes">,
  users: number,
  { replicas = 1, slots = SLOTS, routing = "random", questions = SIMULATED_QUESTIONS }: FleetOptions = {},
): SimulationResult {
  const { decode, prefill } = replicaThroughput(model);
  return simulate({
    arrivalsPerSecond: questionsPerSecond(users),
    replicas,
    slots,
    maxQueue: MAX_QUEUE,
    decode,
    prefill,
    lengths: ASSUMED_USERS.lengths,
    routing,
    questions,
  });
}

/** Enough for two digits: the figures of docs/scaling.md are stated to as many. */
export const SIMULATED_QUESTIONS = 5000;

export interface FleetOptions {
  readonly replicas?: number;
  readonly slots?: number;
  readonly routing?: "random" | "least-busy";
  /** @default SIMULATED_QUESTIONS */
  readonly questions?: number;
}

/** Most users that keep the target, for so many replicas; by bisection to a whole user. */
export function usersWithinTarget(model: Pick<ModelFacts, "bytes">, options: FleetOptions = {}): number {
  let enough = 1;
  let tooMany = 256 * (options.replicas ?? 1);
  while (tooMany - enough > 1) {
    const users = Math.floor((enough + tooMany) / 2);
    if (meetsTarget(simulateUsers(model, users, options))) enough = users;
    else tooMany = users;
  }
  return enough;
}

function meetsTarget({ firstToken, refused }: SimulationResult): boolean {
  return firstToken.p95 <= TARGET.firstTokenP95Seconds && refused <= TARGET.refusedShare;
}

/** One line of the table of docs/scaling.md. */
export interface ScalingStep {
  readonly users: number;
  readonly questionsPerSecond: number;
  /** Output tokens a second in the busiest hour. */
  readonly tokensPerSecond: number;
  readonly cpu: NodeBill;
  readonly gpu: NodeBill;
}

export interface NodeBill {
  readonly nodes: number;
  readonly usdPerMonth: number;
  /** Output tokens of the busiest hour against the nodes of that hour. */
  readonly usdPerMillionTokens: number;
}

/** Nodes and dollars for so many users; a Service picks replicas at random, so each is a queue of its own. */
export function scalingStep(users: number, usersPerReplica: number): ScalingStep {
  const perSecond = questionsPerSecond(users);
  const tokens = perSecond * ASSUMED_USERS.lengths.answer;
  return {
    users,
    questionsPerSecond: perSecond,
    tokensPerSecond: tokens,
    cpu: bill(CPU_NODE, Math.ceil(users / usersPerReplica), tokens),
    gpu: bill(GPU_NODE.name, Math.ceil(tokens / (GPU_NODE.tokensPerSecond * GPU_NODE.usableShare)), tokens),
  };
}

/** Users from which one GPU node costs less than the CPU nodes that they need. */
export function crossoverUsers(usersPerReplica: number): number {
  const replicas = Math.floor(instanceHour(GPU_NODE.name) / instanceHour(CPU_NODE)) + 1;
  return (replicas - 1) * usersPerReplica + 1;
}

function bill(name: string, nodes: number, tokensPerSecond: number): NodeBill {
  const hour = nodes * instanceHour(name);
  return {
    nodes,
    usdPerMonth: hour * HOURS_PER_MONTH,
    usdPerMillionTokens: (hour / (tokensPerSecond * 3600)) * 1e6,
  };
}
