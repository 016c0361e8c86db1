/** `npm run plan-capacity -- --users N`: the replicas and nodes that an environment needs for so many users. */
import { assessEnvironment } from "../../config/assessment";
import { type AppConfig } from "../../config/schema";
import { ASSUMED_USERS, fleetSize, type FleetSize, TARGET } from "../../planning/scaling";
import { UsageError } from "../lib/command-line";
import { textTable, wrap } from "../lib/text-table";
import { costReport } from "./report";

/** The schema allows no more replicas and no more nodes. */
const MOST = 100;

/** What the command shows, as `--json` prints it. */
export interface UsersReport extends FleetSize {
  readonly environment: string;
  readonly users: number;
  /** Target: 95 of 100 first tokens come within so many seconds. */
  readonly firstTokenSeconds: number;
  readonly model: string;
  readonly cpuCores: number;
  /** Null on an existing cluster, where no pod fits a node, and where no number of replicas reaches the target. */
  readonly nodes: { readonly count: number; readonly instanceType: string; readonly monthlyUsd: number | null } | null;
}

/** @throws {ConfigError} when the configuration cannot be assessed */
export function usersReport(
  config: AppConfig,
  users: number,
  firstTokenSeconds: number = TARGET.firstTokenSeconds,
): UsersReport {
  const { chat } = config;
  if (chat.engine.type === "vllm") {
    throw new UsageError("--users counts replicas on CPUs; docs/scaling.md has the figures of GPUs.");
  }
  const assessment = assessEnvironment(config);
  const { fit, throughput } = assessment;
  const { decode, prefill } = throughput;
  const { parallelSlots: slots, maxQueue, maxTokens, cpuCores } = chat;
  const size = fleetSize(users, { decode, prefill, slots, maxQueue, maxTokens }, { firstTokenSeconds });
  const model = assessment.plan.model.id;
  const report = { environment: config.environment, users, firstTokenSeconds, model, cpuCores };
  const { replicas } = size;
  if (fit === null || fit.podsPerNode === 0 || replicas === null) return { ...report, ...size, nodes: null };
  const count = Math.ceil(replicas / fit.podsPerNode);
  const cost = config.target === "eks" ? costReport(config, assessment, { nodes: count, volumes: replicas }) : null;
  return {
    ...report,
    ...size,
    nodes: { count, instanceType: fit.instance.name, monthlyUsd: cost?.total ?? null },
  };
}

/** The report as a person reads it. */
export function usersText(report: UsersReport): string {
  const { environment, users, model, cpuCores, replicas, usersPerReplica, load, nodes, questionsPerSecond } = report;
  const title = `${number(users)} users of "${environment}" in the busiest hour (an estimate)`;
  const rows = [
    ["questions", `${twoDigits(questionsPerSecond)}/s`, assumption()],
    ["users of one replica", `${usersPerReplica}`, `${model} on ${cpuCores} cores, ${target(report)}`],
    [
      "replicas",
      replicas === null ? "none" : number(replicas),
      replicas === null ? "no number reaches the target" : "",
    ],
    ...(nodes === null ? [] : [["nodes", number(nodes.count), nodes.instanceType]]),
    ["first token", seconds(load.firstToken.median), `95 of 100 within ${seconds(load.firstToken.p95)}`],
    ["whole answer", seconds(load.answer.median), `95 of 100 within ${seconds(load.answer.p95)}`],
    ["refused (429)", percent(load.refused), "the queue was full"],
    ["cores busy", percent(load.utilisation), "random arrivals need idle cores to be answered quickly"],
    ...(nodes?.monthlyUsd == null ? [] : [["a month", `$${number(Math.round(nodes.monthlyUsd))}`, "list prices"]]),
  ];
  return [
    title,
    "=".repeat(title.length),
    "",
    ...textTable(rows, ["left", "right", "left"]),
    "",
    ...advice(report),
    "",
    "docs/scaling.md says where the figures come from, and when a GPU costs less.",
    "",
  ].join("\n");
}

function advice({ replicas, nodes, users, load }: UsersReport): string[] {
  if (replicas === null) {
    const text =
      "Reading a long prompt alone takes longer than the target; the times above are those of a single user. Choose a " +
      "smaller model or more cores, or accept a longer wait:";
    const within = Math.ceil(load.firstToken.p95 * 1.2);
    return [...wrap(text, ""), `  npm run plan-capacity -- --users ${users} --within ${within}`];
  }
  if (Math.max(replicas, nodes?.count ?? 0) > MOST) {
    return [`An environment has at most ${MOST} replicas and ${MOST} nodes.`];
  }
  const cache = replicas === 1 ? "" : ', cache: { mode: "per-replica" }';
  return [
    "Set in the environment's file:",
    `  under chat: replicas: ${replicas}${cache}`,
    ...(nodes === null ? [] : [`  under nodes: desiredSize: ${nodes.count}, maxSize: ${nodes.count}`]),
  ];
}

function assumption(): string {
  const { activeShare, secondsBetweenQuestions } = ASSUMED_USERS;
  return `${percent(activeShare)} of the users ask every ${secondsBetweenQuestions} s`;
}

function target({ firstTokenSeconds }: UsersReport): string {
  return `95 of 100 first tokens within ${firstTokenSeconds} s, ${percent(TARGET.refusedShare)} refused at most`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function twoDigits(value: number): string {
  return String(Number(value.toPrecision(2)));
}
