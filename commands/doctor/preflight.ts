/** Runs the checks in order and prints them: what is wrong, and what to do about it. */
import {
  apiAccessCheck,
  awsCliCheck,
  containerToolCheck,
  kubeconfigCheck,
  kubectlCheck,
  nodeCheck,
  pullRequestsCheck,
  terraformCheck,
} from "./local-checks";
import {
  credentialsCheck,
  eksVersionCheck,
  imageCheck,
  instanceTypeCheck,
  stateBucketCheck,
  zonesCheck,
} from "./aws-checks";
import { apiKeysCheck } from "./api-keys-check";
import { definitionsCheck } from "./definitions-check";
import { finding, type Problem, sentence } from "../../config/config-error";
import { errorLine } from "../lib/command-line";
import { clusterCheck, nodeRoomCheck, storageClassCheck } from "./cluster-checks";
import { hostCheck } from "./host-check";
import { type Check, type CheckContext, type Finding, type Level, problem, skipped } from "./check";
import { administratorsCheck } from "./administrators-check";
import { addressQuotaCheck, vcpuQuotaCheck } from "./quota-check";
import { existingNetworkCheck } from "./existing-network-check";
import { releasesCheck } from "./releases-check";
import { volumeKeyCheck } from "./volume-key-check";

export interface Line extends Finding {
  readonly title: string;
}

const CHECKS: readonly Check[] = [
  nodeCheck,
  terraformCheck,
  awsCliCheck,
  kubectlCheck,
  containerToolCheck,
  kubeconfigCheck,
  clusterCheck,
  storageClassCheck,
  nodeRoomCheck,
  apiAccessCheck,
  pullRequestsCheck,
  apiKeysCheck,
  definitionsCheck,
  eksVersionCheck,
  credentialsCheck,
  administratorsCheck,
  zonesCheck,
  existingNetworkCheck,
  instanceTypeCheck,
  vcpuQuotaCheck,
  addressQuotaCheck,
  volumeKeyCheck,
  releasesCheck,
  stateBucketCheck,
  imageCheck,
  hostCheck,
];

/** All checks, one after the other. Without credentials, those that need AWS are skipped and say so. */
export async function preflight(context: CheckContext, checks: readonly Check[] = CHECKS): Promise<Line[]> {
  const lines: Line[] = [];
  let credentials = true;
  for (const check of checks) {
    const finding: Finding =
      credentials || !check.needsAws ? await settle(check, context) : skipped("needs AWS credentials");
    // On an existing cluster this check is skipped too, but then there is nothing to ask AWS for.
    if (check === credentialsCheck && context.aws !== undefined) credentials = finding.level === "ok";
    lines.push({ title: check.title, ...finding });
  }
  return lines;
}

/** What synth would refuse; the checks look at the rest. */
export function configurationLines(problems: readonly Problem[]): Line[] {
  return problems.map((found) => ({ title: "configuration", ...problem(finding(found), sentence(found.fix)) }));
}

/** A check that AWS refuses (a missing right, no network) is reported as its own problem; the others still run. */
async function settle(check: Check, context: CheckContext): Promise<Finding> {
  try {
    return await check.run(context);
  } catch (error) {
    return problem(
      errorLine(error),
      "Ask for the missing right, or check the network; then run `npm run doctor` again.",
    );
  }
}

/** 1 when there is a problem; warnings and skipped checks do not fail. */
export function exitCode(lines: readonly Line[]): number {
  return lines.some(({ level }) => level === "problem") ? 1 : 0;
}

const LABELS: Readonly<Record<Level, string>> = {
  ok: "ok     ",
  warning: "warning",
  problem: "PROBLEM",
  skipped: "skipped",
};

/** Codes of ANSI colours: green, yellow, red, dim. */
const COLOURS: Readonly<Record<Level, number>> = { ok: 32, warning: 33, problem: 31, skipped: 2 };

/** One line a check, its fix below it, and a count at the end. */
export function formatLines(lines: readonly Line[], colours = false): string {
  const label = (level: Level) => (colours ? `\u001b[${COLOURS[level]}m${LABELS[level]}\u001b[0m` : LABELS[level]);
  const width = Math.max(...lines.map(({ title }) => title.length));
  const text = lines.flatMap(({ title, level, detail, fix }) => [
    `${label(level)}  ${title.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`${" ".repeat(width + 11)}-> ${fix}`]),
  ]);
  const count = (level: Level) => lines.filter((line) => line.level === level).length;
  const counted = (level: Level, word: string) => `${count(level)} ${word}${count(level) === 1 ? "" : "s"}`;
  const summary = `${count("ok")} ok, ${counted("warning", "warning")}, ${counted("problem", "problem")}, ${count("skipped")} skipped`;
  return [...text, "", summary].join("\n");
}
