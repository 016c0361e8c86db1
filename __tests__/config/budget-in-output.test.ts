/** Every time in the synthesized chat workload is a number of the plan, and the plan's numbers are those of one budget. */
import { readConfig } from "../../config/load";
import { assessEnvironment, type Assessment } from "../../config/assessment";
import { ENV } from "../../service/src/contract";
import { ENVIRONMENT_VARIABLES, synthConfig, synthEnvironment } from "../helpers/synth-app";
import { eksConfig } from "../helpers/sample-config";

const KINDS = ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"];

/** Paths of all numbers below `value` whose key speaks of time, e.g. `spec.progress_deadline_seconds`. */
function times(value: unknown, path = ""): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap((one, index) => times(one, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const here = path === "" ? key : `${path}.${key}`;
    if (/_seconds$|_threshold$|^(create|update|delete)$/.test(key)) return [[here, inner]];
    return times(inner, here);
  });
}

/** What the walk must find: the path by its end, and the value that the budget computed. */
function expected({ budget, plan }: Assessment, stateful: boolean): Record<string, unknown> {
  const { startup, liveness, readiness } = budget.probes;
  const probe = (name: string, { periodSeconds, timeoutSeconds, failureThreshold }: typeof liveness) => ({
    [`${name}.period_seconds`]: periodSeconds,
    [`${name}.timeout_seconds`]: timeoutSeconds,
    [`${name}.failure_threshold`]: failureThreshold,
  });
  return {
    ...probe("startup_probe", startup),
    "startup_probe.initial_delay_seconds": startup.initialDelaySeconds,
    ...probe("liveness_probe", liveness),
    ...probe("readiness_probe", readiness),
    termination_grace_period_seconds: budget.terminationGraceSeconds,
    ...(stateful ? {} : { progress_deadline_seconds: budget.progressDeadlineSeconds }),
    "timeouts.create": `${plan.terraformTimeoutSeconds}s`,
    "timeouts.update": `${plan.terraformTimeoutSeconds}s`,
  };
}

describe.each(["demo", "production", "local"])("the chat workload of %s", (environment) => {
  const app = synthEnvironment(environment);
  const { resource } = app.stack(`carepath-${environment}-chat`).json as {
    resource: Record<string, Record<string, unknown>>;
  };
  const [kind = ""] = KINDS.filter((type) => resource[type] !== undefined);
  const [workload] = Object.values(resource[kind] ?? {});
  const assessment = assessEnvironment(
    readConfig({ CAREPATH_ENV: environment, ...ENVIRONMENT_VARIABLES[environment] }),
  );
  const found = times(workload);

  it("has every number of the budget where it belongs", () => {
    for (const [end, value] of Object.entries(expected(assessment, kind.includes("stateful")))) {
      const matches = found.filter(([path]) => path === end || path.endsWith(`.${end}`)).map(([, seen]) => seen);
      expect([end, matches]).toEqual([end, [value]]);
    }
  });

  it("has no other time than those, and two that are explained where they stand", () => {
    const known = Object.keys(expected(assessment, kind.includes("stateful")));
    const others = found.map(([path]) => path).filter((path) => !known.some((end) => path.endsWith(end)));
    expect(others.map((path) => path.split(".").at(-1)).sort()).toEqual(
      expect.arrayContaining(["min_ready_seconds"]) as unknown,
    );
    for (const path of others) expect(path).toMatch(/(^|\.)(min_ready_seconds|timeouts\.delete|toleration_seconds)$/);
  });

  it("gives the service the same drain and heartbeat", () => {
    const env = app.stack(`carepath-${environment}-chat`).chat().env;
    expect(env[ENV.drainSeconds]).toBe(String(assessment.budget.drainSeconds));
    expect(env[ENV.heartbeatSeconds]).toBe(String(assessment.plan.heartbeatSeconds));
  });

  it("waits before SIGTERM as long as requests still come", () => {
    const { container } = app.stack(`carepath-${environment}-chat`).chat();
    expect(container.lifecycle).toEqual({
      pre_stop: [{ exec: { command: ["sleep", String(assessment.budget.preStopSeconds)] } }],
    });
  });

  it("waits in the order of the budget", () => {
    const { budget } = assessment;
    expect(budget.startupWindowSeconds).toBeGreaterThanOrEqual(2 * budget.coldStartSeconds);
    expect(budget.progressDeadlineSeconds).toBeGreaterThan(budget.beforeStartSeconds + budget.startupWindowSeconds);
    expect(budget.terraformTimeoutSeconds).toBeGreaterThan(budget.progressDeadlineSeconds);
    expect(budget.drainSeconds).toBeGreaterThanOrEqual(budget.longestAnswerSeconds);
    expect(budget.terminationGraceSeconds).toBeGreaterThan(budget.preStopSeconds + budget.drainSeconds);
  });
});

it("an override of the configuration reaches the output, and what waits for it moves with it", () => {
  const config = eksConfig({ timing: { startupWindowSeconds: 1800 } });
  const { plan } = assessEnvironment(config);
  const chat = synthConfig({ config, plan }).stack("carepath-sample-chat");
  expect(chat.chat().container.startup_probe).toMatchObject({ failure_threshold: 360, period_seconds: 5 });
  expect(chat.spec("kubernetes_deployment_v1")).toMatchObject({
    progress_deadline_seconds: plan.progressDeadlineSeconds,
  });
  expect(plan.progressDeadlineSeconds).toBeGreaterThan(1800);
  expect(plan.terraformTimeoutSeconds).toBeGreaterThan(plan.progressDeadlineSeconds);
});
