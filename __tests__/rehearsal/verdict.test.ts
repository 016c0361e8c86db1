import type { PodEvent } from "../../rehearsal/kubelet/pod";
import type { Observations } from "../../rehearsal/run";
import { painter, TimelinePrinter, verdictLines } from "../../rehearsal/report/text";
import { timelineSvg } from "../../rehearsal/report/svg";
import type { TimelineEntry, TimelineEvent } from "../../rehearsal/timeline";
import { judge } from "../../rehearsal/verdict";
import { readWorkload } from "../../rehearsal/workload";
import { stackJson } from "./stack-json";

const workload = readWorkload(stackJson(), "carepath-demo-chat");
const exit = (code: number | null, cause: "itself" | "deletion" | "probe", message = ""): PodEvent => ({
  type: "exited",
  exit: { code, signal: code === null ? "SIGKILL" : null, message },
  cause,
});

const GOOD: readonly (readonly [number, TimelineEvent])[] = [
  [0, { type: "container-started", restarts: 0 }],
  [1, { type: "phase", phase: "loading", progress: null }],
  [2, { type: "phase", phase: "ready", progress: 1 }],
  [5, { type: "started", attempts: 2, seconds: 5 }],
  [5, { type: "endpoints", member: true }],
  [6, { type: "question", question: 1 }],
  [7, { type: "answer", question: 1, ok: true, seconds: 1, detail: "20 pieces" }],
  [8, { type: "question", question: 2 }],
  [8, { type: "deletion-requested", graceSeconds: 135 }],
  [8, { type: "endpoints", member: false }],
  [8, { type: "signal", signal: "SIGTERM" }],
  [9, { type: "answer", question: 2, ok: true, seconds: 1, detail: "20 pieces" }],
  [10, exit(0, "deletion")],
];

function seen(
  change: (events: (readonly [number, TimelineEvent])[]) => (readonly [number, TimelineEvent])[] = (events) => events,
  more: Partial<Observations> = {},
): Observations {
  const entries: TimelineEntry[] = change([...GOOD]).map(([at, event]) => ({ at, event }));
  return {
    entries,
    health: [
      { activity: "loading", milliseconds: 40, ok: true, detail: "HTTP 200" },
      { activity: "idle", milliseconds: 3, ok: true, detail: "HTTP 200" },
    ],
    notReadyAsked: [1.2, 1.9, 8.5],
    probes: [],
    brokenQuestion: undefined,
    drainedQuestion: 2,
    killed: false,
    phaseSeconds: { loading: 1 },
    seconds: 10,
    ...more,
  };
}

const verdictOf = (observations: Observations, orderedRestarts = 0, speedup = 1) =>
  judge({ workload, seen: observations, orderedRestarts, speedup });
const failing = (observations: Observations, orderedRestarts = 0) =>
  verdictOf(observations, orderedRestarts)
    .checks.filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`);

test("a start, two answers and a drain pass, with the numbers that were seen", () => {
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

test.each<[string, Observations, string[]]>([
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

test("an ordered restart must happen, once", () => {
  expect(failing(seen(), 1)).toEqual(["restarts: the phase to kill in was never seen, so nothing was rehearsed"]);
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

test.each([
  ["startup", "6 s instead of 595 s"],
  ["liveness", "0.6 s instead of 60 s"],
] as const)("a kill by the %s probe under --speedup condemns the speed-up, not the workload", (probe, seconds) => {
  const message =
    `Inconclusive: the ${probe} probe killed the container, and --speedup 100 left it ${seconds}, while the process was ` +
    `as slow as ever. Repeat with a smaller --speedup, or without.`;
  const verdict = verdictOf(killedBy(probe), 0, 100);
  expect(verdict).toMatchObject({ ok: false, inconclusive: message });
  const props = { verdict, overrides: [], notes: [], phaseSeconds: {}, seconds: 10 };
  expect(verdictLines(props, painter(false)).at(-1)).toBe(message);
});

test("a kill at the real pace, and a failure without a kill, condemn the workload", () => {
  const verdict = verdictOf(killedBy("startup"));
  expect(verdict).toMatchObject({ ok: false, inconclusive: undefined });
  const props = { verdict, overrides: [], notes: [], phaseSeconds: {}, seconds: 10 };
  expect(verdictLines(props, painter(false)).at(-1)).toBe("This workload does not pass (10.0 s).");
  const broken = seen((events) => [...events.slice(0, -1), [10, exit(1, "deletion", "a bug")]]);
  expect(verdictOf(broken, 0, 100)).toMatchObject({ ok: false, inconclusive: undefined });
});

test("of several starts the slowest counts, and each figure says which start it is of", () => {
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

test.each([
  [1, "/health answered its only request"],
  [2, "/health answered all 2 requests"],
])("health: %d requests answered", (count, detail) => {
  const sample = { activity: "idle", milliseconds: 3, ok: true, detail: "HTTP 200" } as const;
  const health = Array.from({ length: count }, () => sample);
  expect(verdictOf(seen(undefined, { health })).checks).toContainEqual({ name: "health", ok: true, detail });
});

describe("text", () => {
  const print = (colours: boolean) => {
    const lines: string[] = [];
    const printer = new TimelinePrinter((line) => lines.push(line), painter(colours));
    for (const entry of seen().entries) printer.entry(entry);
    return lines;
  };

  test("is plain when piped", () => {
    expect(print(false)).toContain("    5.00 s  endpoints  joined: ready for clients");
    expect(print(false).join("")).not.toContain("\u001b");
  });

  test("has colours on a terminal", () => {
    expect(print(true).join("")).toContain("\u001b[32mjoined: ready for clients\u001b[0m");
  });

  test("the verdict says every check, the budget and the worst latencies", () => {
    const lines = verdictLines(
      {
        verdict: verdictOf(seen()),
        overrides: [{ name: "PORT", from: "8002", to: "1" }],
        notes: ["N."],
        phaseSeconds: { loading: 1 },
        seconds: 10,
      },
      painter(false),
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        "  PORT: 8002 -> 1",
        "Note: N.",
        "Phases: loading 1.0 s",
        "Startup probe: 5.0 s of its 595 s used (1 %)",
        "Worst probe latency: loading 40 ms, idle 3 ms, answering none sent",
        "ok    restarts   no restart",
        "Kubernetes would leave this pod alone (10.0 s).",
      ]),
    );
  });
});

test("the picture has a lane for each probe, the container, the endpoints and the client, and escapes its title", () => {
  const svg = timelineSvg({ title: "a <b> & c", entries: seen().entries, seconds: 10, probes: workload.pod.probes });
  for (const lane of ["startup", "liveness", "readiness", "container", "endpoints", "client"]) {
    expect(svg).toContain(`>${lane}</text>`);
  }
  expect(svg).toContain("a &lt;b&gt; &amp; c");
  expect(svg).toContain("SIGTERM");
});

test("a pod whose readiness the kubelet sees before the observer does is not accused", () => {
  const early = seen((events) =>
    events.map(([at, event]) => [event.type === "endpoints" && event.member ? 1.95 : at, event] as const),
  );
  const verdict = verdictOf(early);
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
});
