/** A real Prometheus scrapes the running service. */
import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { readFileSync } from "node:fs";
import { alertRules } from "../../constructs/kubernetes/alert-rules.js";
import { FakeEngine } from "../helpers/fake-engine.js";
import { closeHttpServices, httpService, type HttpService } from "../helpers/http-service.js";
import { promtool, ruleFile, type Server, startPrometheus } from "./prometheus.js";

jest.setTimeout(90_000);

const JOB = "carepath-demo/chat-api";
const RULES = alertRules({
  job: JOB,
  namespace: "carepath-demo",
  name: "chat-api",
  maxQueue: 16,
  startupProbe: { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 3 },
});

const dashboard = JSON.parse(readFileSync("docs/monitoring/dashboard.json", "utf8")) as {
  panels: { title: string; targets: { expr: string }[] }[];
};
/** Every query, with its variables filled in. */
const QUERIES = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr.replaceAll("$job", JOB)] as const),
);

let service: HttpService;
let prometheus: Server;
beforeAll(async () => {
  service = await httpService({ engine: new FakeEngine(2) });
  const target = new URL(await service.listen()).host;
  prometheus = await startPrometheus({ target, job: JOB, rules: RULES });
  await eventually(async () => (await query(`carepath_ready{job="${JOB}"} == 1`)).length === 1);
  // An answer, so that the histograms have something to say.
  await service.app.inject({
    method: "POST",
    url: "/v1/chat/completions",
    payload: { messages: [{ role: "user", content: "Hi" }] },
  });
});
afterAll(async () => {
  await prometheus.stop();
  await closeHttpServices();
});

async function query(expr: string): Promise<unknown[]> {
  const { result } = (await prometheus.get(`query?query=${encodeURIComponent(expr)}`)) as { result: unknown[] };
  return result;
}

async function alerts(state: string): Promise<string[]> {
  const found = (await prometheus.get("alerts")) as { alerts: { state: string; labels: { alertname: string } }[] };
  return found.alerts.filter((each) => each.state === state).map(({ labels }) => labels.alertname);
}

/** Waits for what a scrape or an evaluation brings about; the limit only ends a test that would hang. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 60_000;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > limit) throw new Error("it never came true");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

it("finds every series that the service has without a Kubernetes around it", async () => {
  // The kubelet, the kernel's quota and the engine have theirs; the process's own are off in tests.
  const elsewhere = /kubelet_volume|cpu_(throttled_)?periods|carepath_threads|process_/;
  const own = QUERIES.filter(([, expr]) => !elsewhere.test(expr));
  expect(own.length).toBeGreaterThan(QUERIES.length / 2);
  await eventually(async () => (await query(`rate(http_requests_total{job="${JOB}",method="POST"}[1m])`)).length > 0);
  for (const [title, expr] of own) expect([title, expr, (await query(expr)).length > 0]).toEqual([title, expr, true]);
});

it("takes every query of the dashboard", () => {
  const rules = QUERIES.map(([, expr], index) => ({ record: `query:${index}`, expr }));
  expect(promtool({ "rules.yml": ruleFile(rules) }, "check", "rules", "rules.yml")).toContain(
    `${rules.length} rules found`,
  );
});

it("makes an alert fire once the service is no longer ready for its startup window, and ends it", async () => {
  expect(await alerts("firing")).toEqual([]);
  const { lifecycle } = service;
  lifecycle.become({ status: "loading", phase: "loading" });
  await eventually(async () => (await alerts("firing")).includes("CarepathNotReady"));
  expect(await alerts("firing")).toEqual(["CarepathNotReady"]);
  lifecycle.become({ status: "ready", phase: "ready" });
  await eventually(async () => (await alerts("firing")).length === 0);
});
