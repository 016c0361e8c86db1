import { ROOT } from "../../../commands/lib/repository";
import { type CommandResult, runCommand } from "../../helpers/run-command";

export interface RehearsalJson {
  readonly verdict: {
    readonly ok: boolean;
    readonly restarts: number;
    readonly inconclusive?: string;
    readonly startup?: { readonly seconds: number; readonly budgetSeconds: number };
    readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
    readonly worstLatencyMs: Readonly<Record<string, number | null>>;
  };
  readonly overrides: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly notes: readonly string[];
  readonly timeline: readonly { readonly at: number; readonly event: Readonly<Record<string, unknown>> }[];
}

/** Runs the rehearsal as a user does, in this checkout or in a copy of it. */
export function runRehearsal(args: readonly string[], root = ROOT): Promise<CommandResult> {
  return runCommand("rehearse", args, { ...process.env, NODE_OPTIONS: "", CAREPATH_ENV: "" }, undefined, root);
}

/** Starts that take the seconds of the stand-in itself: each test has a condition of its own. */
const START = ["--no-hold"];

/** The same with `--json`, parsed. */
export async function rehearseAsJson(
  args: readonly string[],
  root = ROOT,
): Promise<RehearsalJson & { code: number | null }> {
  const { code, stdout, stderr } = await runRehearsal(["--env", "demo", "--json", ...START, ...args], root);
  if (!stdout.startsWith("{")) throw new Error(`no JSON (exit code ${code ?? "none"}): ${stdout}${stderr}`);
  return { ...(JSON.parse(stdout) as RehearsalJson), code };
}

export const check = (run: RehearsalJson, name: string) => run.verdict.checks.find((one) => one.name === name);
