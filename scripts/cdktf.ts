/**
 * `npm run synth | diff | deploy | destroy`: cdktf with what it needs (`cdktf-command.ts` says what). Arguments after
 * `--` are passed through, exit codes come back, and every command line is printed before it runs.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { ConfigError } from "../config/config-error";
import { loadConfig } from "../config/load";
import { stackNames } from "../config/names";
import { PLACEHOLDER_CIDR } from "../config/rules";
import { COMMANDS, deploymentOrder, planCommand } from "./cdktf-command";
import { annotationLines, readManifest } from "./cdktf-manifest";
import { terraformProblem, terraformVersion } from "./terraform";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CDKTF = createRequire(import.meta.url).resolve("cdktf-cli/bundle/bin/cdktf");

process.exitCode = main(process.argv.slice(2));

function main([command = "", ...args]: string[]): number {
  if (!COMMANDS.some((known) => known === command)) return refuse(`command (${command}): use ${COMMANDS.join(", ")}.`);
  try {
    if (command === "synth" && args.length === 0) return synth(process.env);
    return runCdktf(command, args);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Runs the app itself: cdktf's own synth wants a terraform binary and reports its use, and writes the same files. */
function synth(env: NodeJS.ProcessEnv): number {
  const outdir = resolve(ROOT, env["CDKTF_OUTDIR"] ?? "cdktf.out");
  const status = run(["--import", "tsx", "main.ts"], { ...env, CDKTF_OUTDIR: outdir });
  if (status !== 0) return status;
  const stacks = readManifest(outdir);
  const annotations = annotationLines(stacks);
  for (const line of annotations) process.stderr.write(`${line}\n`);
  for (const name of deploymentOrder(stacks))
    process.stdout.write(`${resolve(outdir, "stacks", name, "cdk.tf.json")}\n`);
  return annotations.some((line) => line.startsWith("error:")) ? 1 : 0;
}

function runCdktf(command: string, args: readonly string[]): number {
  const { config } = loadConfig();
  const endpoint = config.target === "eks" ? config.cluster.endpoint.publicAccessCidrs : [];
  if (command === "deploy" && endpoint.includes(PLACEHOLDER_CIDR)) {
    return refuse(
      `cluster.endpoint.publicAccessCidrs (${PLACEHOLDER_CIDR}): is nobody's network, so the second stack could not reach the cluster. ` +
        "Set CAREPATH_API_CIDRS to your address, e.g. CAREPATH_API_CIDRS=198.51.100.7/32",
    );
  }
  const problem = command === "synth" ? undefined : terraformProblem(terraformVersion(process.env));
  if (problem !== undefined) return refuse(problem);
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const { cluster, platform, chat } = stackNames(config.environment);
  const { runs, env } = planCommand({
    command,
    args,
    env: process.env,
    interactive,
    stacks: config.target === "eks" ? [cluster, platform, chat] : [chat],
  });
  for (const cdktfArgs of runs) {
    process.stderr.write(`> cdktf ${cdktfArgs.join(" ")}\n`);
    const status = run([CDKTF, ...cdktfArgs], env);
    if (status !== 0) return status;
  }
  return 0;
}

function run(nodeArgs: readonly string[], env: NodeJS.ProcessEnv): number {
  const { status, signal, error } = spawnSync(process.execPath, nodeArgs, { cwd: ROOT, env, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (signal !== null) return refuse(`stopped by ${signal}. A state lock may be left: see docs/runbook.md.`);
  return status ?? 1;
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
