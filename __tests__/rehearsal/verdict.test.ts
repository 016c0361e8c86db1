import { painter, verdictLines } from "../../rehearsal/report/text";
import { type Observations } from "../../rehearsal/rehearsal";
import { judge } from "../../rehearsal/verdict";
import { exit, seen, workload } from "./observations";

const verdictOf = (observations: Observations, orderedRestarts = 0, speedup = 1) =>
  judge({ workload, seen: observations, orderedRestarts, speedup });
const failing = (observations: Observations, orderedRestarts = 0) =>
  verdictOf(observations, orderedRestarts)
    .checks.filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`);

it("a start, two answers and a drain pass, with the numbers that were seen", () => {
  const verdict = verdictOf(seen());
  expect(verdict).toMatchObject({
    ok: true,
    restarts: 0,
    worstLatencyMs: { loading: 40, idle: 3, answering: null },
    containers: 1,
    startup: { seconds: 5, budgetSeconds: 595, container: 1 },
    inconclusive: undefined,
  });
});

it.each<[string, Observations, string[]]>([
  [
    "a restart by a probe",
    seen((events) => [
      ...events.slice(0, 2),
      [
        1,
        {
          type: "killing",
          probe: "startup",
          reason: "startup probe failed 120 times in a row: HTTP 503",
          graceSeconds: 1,
        },
      ],
      [1, exit(null, "probe")],
      [1, { type: "container-started", restarts: 1 }],
      ...events.slice(2),
    ]),
    ["restarts: 1 restart: startup probe failed 120 times in a row: HTTP 503"],
  ],
  [
    "an exit with a reason",
    seen((events) => [
      events[0] ?? [0, exit(1, "itself")],
      [1, exit(68, "itself", "too small")],
      [1, { type: "container-started", restarts: 1 }],
      ...events.slice(1),
    ]),
    ["restarts: 1 restart: exit code 68: too small"],
  ],
  [
    "an answer that broke",
    seen((events) =>
      events.map((entry) =>
        entry[0] === 7
          ? [7, { type: "answer", question: 1, ok: false, seconds: 1, detail: "connection broken" }]
          : entry,
      ),
    ),
    ["answers: question 1: connection broken"],
  ],
  [
    "a /health that did not answer while loading",
    seen(undefined, {
      health: [{ activity: "loading", milliseconds: 5000, ok: false, detail: "no answer within 5 s" }],
    }),
    ["health: /health failed 1 of 1 request, the first while loading: no answer within 5 s"],
  ],
  [
    "a pod that joined the endpoints before it could answer",
    seen((events) => [...events.slice(0, 2), [1.5, { type: "endpoints", member: true }], ...events.slice(2)]),
    ["endpoints: in the endpoints at 1.5 s, before it could answer"],
  ],
  [
    "a drain that ended in SIGKILL",
    seen((events) => [
      ...events.slice(0, -1),
      [9.5, { type: "signal", signal: "SIGKILL" }],
      [10, exit(null, "deletion")],
    ]),
    ["drain: SIGKILL after the grace period"],
  ],
  [
    "a drain with a bad exit code",
    seen((events) => [...events.slice(0, -1), [10, exit(1, "deletion", "a bug")]]),
    ["drain: exit code 1 after SIGTERM: a bug"],
  ],
])("does not pass: %s", (_what, observations, expected) => {
  expect(failing(observations)).toEqual(expected);
});

it("an ordered restart must happen, once", () => {
  expect(failing(seen(), 1)).toEqual(["restarts: the phase to kill in never came, so the restart was not rehearsed"]);
  const killed = seen(
    (events) => [
      events[0] ?? [0, exit(1, "itself")],
      [1, exit(null, "itself")],
      [1, { type: "container-started", restarts: 1 }],
      ...events.slice(1),
    ],
    { killed: true },
  );
  expect(failing(killed, 1)).toEqual([]);
});

const killedBy = (probe: "startup" | "liveness") =>
  seen((events) => [
    ...events.slice(0, 1),
    [1, { type: "killing", probe, reason: "r", graceSeconds: 1 }],
    [1, exit(null, "probe")],
    [1, { type: "container-started", restarts: 1 }],
    ...events.slice(1),
  ]);

it.each([
  ["startup", "6 s instead of 595 s"],
  ["liveness", "0.6 s instead of 60 s"],
] as const)("a kill by the %s probe under --speedup condemns the speed-up, not the workload", (probe, seconds) => {
  const message =
    `Inconclusive: the ${probe} probe killed the container, and --speedup 100 left it ${seconds}, while the process ` +
    `started no faster. Repeat with a smaller --speedup, or without.`;
  const verdict = verdictOf(killedBy(probe), 0, 100);
  expect(verdict).toMatchObject({ ok: false, inconclusive: message });
  const props = { verdict, overrides: [], notes: [], phaseSeconds: {}, seconds: 10 };
  expect(verdictLines(props, painter(false)).at(-1)).toBe(message);
});

it("a kill at the real pace, and a failure without a kill, condemn the workload", () => {
  const verdict = verdictOf(killedBy("startup"));
  expect(verdict).toMatchObject({ ok: false, inconclusive: undefined });
  const props = { verdict, overrides: [], notes: [], phaseSeconds: {}, seconds: 10 };
  expect(verdictLines(props, painter(false)).at(-1)).toBe("This workload does not pass (10.0 s).");
  const broken = seen((events) => [...events.slice(0, -1), [10, exit(1, "deletion", "a bug")]]);
  expect(verdictOf(broken, 0, 100)).toMatchObject({ ok: false, inconclusive: undefined });
});

it("of several starts the slowest counts, and each figure says which start it is of", () => {
  const twice = seen(([, ...rest]) => [
    [0, { type: "container-started", restarts: 0 }],
    [9, { type: "started", attempts: 3, seconds: 9 }],
    [9, exit(null, "itself")],
    [9, { type: "container-started", restarts: 1 }],
    ...rest,
  ]);
  const verdict = verdictOf({ ...twice, killed: true }, 1);
  expect(verdict).toMatchObject({ containers: 2, startup: { seconds: 9, budgetSeconds: 595, container: 1 } });
  const props = { verdict, overrides: [], notes: [], phaseSeconds: { loading: 1 }, seconds: 10 };
  expect(verdictLines(props, painter(false))).toEqual(
    expect.arrayContaining([
      "Phases (start 2 of 2): loading 1.0 s",
      "Startup probe (start 1 of 2): 9.0 s of its 595 s used (2 %)",
    ]),
  );
});

it.each([
  [1, "/health answered its only request"],
  [2, "/health answered all 2 requests"],
])("health: %d requests answered", (count, detail) => {
  const sample = { activity: "idle", milliseconds: 3, ok: true, detail: "HTTP 200" } as const;
  const health = Array.from({ length: count }, () => sample);
  expect(verdictOf(seen(undefined, { health })).checks).toContainEqual({ name: "health", ok: true, detail });
});

it("a pod whose readiness the kubelet sees before the observer does is not accused", () => {
  const early = seen((events) =>
    events.map(([at, event]) => [event.type === "endpoints" && event.member ? 1.95 : at, event] as const),
  );
  const verdict = verdictOf(early);
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
});
