import { spawn } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(__dirname, "..", "..", "..");

export interface RehearsalRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

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
export function runRehearsal(args: readonly string[], root = ROOT): Promise<RehearsalRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", "commands/rehearse/main.ts", ...args], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: "", CAREPATH_ENV: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
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
