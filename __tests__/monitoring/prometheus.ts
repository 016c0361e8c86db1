/** Prometheus' own programs; Debian has both in its package `prometheus`. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AlertRule } from "../../constructs/kubernetes/alert-rules.js";
import { choosePort } from "../../rehearsal/free-port.js";

/** Runs promtool over files that are made for it, by name; returns its output, or fails with it. */
export function promtool(files: Readonly<Record<string, unknown>>, ...args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "carepath-promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    const { error, status, stdout, stderr } = spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`promtool ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file of rules. */
export const ruleFile = (rules: readonly (AlertRule | { readonly record: string; readonly expr: string })[]) => ({
  groups: [{ name: "chat", interval: "1s", rules }],
});

export interface Server {
  readonly url: string;
  /** The answer of its API, its `data`. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Prometheus on a free port, which scrapes one address every second under one job. */
export async function startPrometheus(options: {
  readonly target: string;
  readonly job: string;
  readonly rules: readonly AlertRule[];
}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "carepath-prometheus-"));
  writeFileSync(join(folder, "rules.yml"), JSON.stringify(ruleFile(options.rules)));
  writeFileSync(
    join(folder, "prometheus.yml"),
    JSON.stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ["rules.yml"],
      scrape_configs: [{ job_name: options.job, static_configs: [{ targets: [options.target] }] }],
    }),
  );
  const port = await choosePort(0);
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    get: async (path) => {
      const { status, data } = (await (await fetch(`${url}/api/v1/${path}`)).json()) as {
        status: string;
        data: unknown;
      };
      if (status !== "success") throw new Error(`${path}: ${status}`);
      return data;
    },
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
