import { type PodEvent } from "../../rehearsal/kubelet/pod";
import { type Observations } from "../../rehearsal/rehearsal";
import { type TimelineEntry, type TimelineEvent } from "../../rehearsal/timeline";
import { readWorkload } from "../../rehearsal/workload";
import { stackJson } from "./stack-json";

/** The workload of `stackJson`. */
export const workload = readWorkload(stackJson(), "carepath-demo-chat");
export const exit = (code: number | null, cause: "itself" | "deletion" | "probe", message = ""): PodEvent => ({
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

/** What a good rehearsal saw, changed. */
export function seen(
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
