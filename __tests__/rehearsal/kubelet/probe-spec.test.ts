import { readConfig } from "../../../config/load";
import { planCapacity } from "../../../commands/plan-capacity/main";
import { capacityReport } from "../../../commands/plan-capacity/report";
import { probeSpec, windowSeconds } from "../../../rehearsal/kubelet/probe-spec";

it("fills in the defaults of the API", () => {
  expect(probeSpec("liveness", { path: "/" })).toEqual({
    path: "/",
    initialDelaySeconds: 0,
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  });
});

it.each([
  ["initialDelaySeconds", 0, -1],
  ["periodSeconds", 1, 0],
  ["timeoutSeconds", 1, 0],
  ["failureThreshold", 1, 0],
  ["successThreshold", 1, 0],
] as const)("%s may be %d but not %d", (field, lowest, below) => {
  expect(probeSpec("readiness", { path: "/", [field]: lowest })[field]).toBe(lowest);
  expect(() => probeSpec("readiness", { path: "/", [field]: below })).toThrow(
    `readiness probe: ${field} is ${below}. It must be a whole number of at least ${lowest}.`,
  );
});

it.each(["startup", "liveness"] as const)("%s must succeed once", (kind) => {
  expect(() => probeSpec(kind, { path: "/", successThreshold: 2 })).toThrow(
    `${kind} probe: successThreshold is 2. It must be 1; only readiness may wait.`,
  );
  expect(probeSpec("readiness", { path: "/", successThreshold: 2 }).successThreshold).toBe(2);
});

it("only startup and liveness may have a grace period of their own", () => {
  expect(probeSpec("liveness", { path: "/", terminationGracePeriodSeconds: 1 }).terminationGracePeriodSeconds).toBe(1);
  expect(() => probeSpec("startup", { path: "/", terminationGracePeriodSeconds: 0 })).toThrow(
    "startup probe: terminationGracePeriodSeconds is 0. It must be a whole number of at least 1.",
  );
  expect(() => probeSpec("readiness", { path: "/", terminationGracePeriodSeconds: 5 })).toThrow(
    "readiness probe: terminationGracePeriodSeconds is 5. Readiness never kills; remove it.",
  );
});

it.each([
  [0, 10, 3, 20],
  [5, 5, 104, 520],
  [10, 10, 60, 600],
  [12, 5, 2, 20],
])(
  "a delay of %d s, a period of %d s and %d failures: the last attempt at %d s",
  (delay, period, failures, expected) => {
    const spec = { path: "/", initialDelaySeconds: delay, periodSeconds: period, failureThreshold: failures };
    expect(windowSeconds(probeSpec("startup", spec))).toBe(expected);
  },
);

it.each(["demo", "local"])("plan-capacity prints the window that the rehearsal counts: %s", (name) => {
  const config = readConfig({ CAREPATH_ENV: name });
  const { budget } = capacityReport(config).assessment;
  const window = windowSeconds(probeSpec("startup", { path: "/", ...budget.probes.startup }));
  let out = "";
  const print = (text: string) => void (out += text);
  planCapacity([], { env: {}, out: print, load: () => config });
  expect(/^ {2}startup probe +(\d+) s /m.exec(out)?.[1]).toBe(String(window));
});
