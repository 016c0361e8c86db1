/** The timeline and the verdict for people: coloured on a terminal, plain when piped. */
import { type ProbeKind } from "../kubelet/probe-spec";
import { type PlannedStart } from "../options";
import { type Override } from "../stage";
import { type TimelineEntry, type TimelineEvent } from "../timeline";
import { type Verdict } from "../verdict";

type Tone = "good" | "bad" | "quiet" | "plain";

const CODES: Readonly<Record<Tone, string>> = { good: "32", bad: "31", quiet: "2", plain: "0" };

export type Paint = (text: string, tone: Tone) => string;

/** @param colours whether the output is a terminal that wants colours */
export function painter(colours: boolean): Paint {
  return (text, tone) => (colours && tone !== "plain" ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text);
}

/** Prints entries as they come; repeated probe results are left out, and counted when they change. */
export class TimelinePrinter {
  readonly #lastResult = new Map<ProbeKind, string>();
  readonly #print: (line: string) => void;
  readonly #paint: Paint;
  #unprinted = 0;
  #deleting = false;

  constructor(print: (line: string) => void, paint: Paint) {
    this.#print = print;
    this.#paint = paint;
  }

  readonly entry = ({ at, event }: TimelineEntry): void => {
    const line = describe(event);
    if (event.type === "deletion-requested") {
      this.#deleting = true;
      if (this.#unprinted > 0)
        this.#write(at, ["client", `${this.#unprinted} more ${this.#unprinted === 1 ? "answer" : "answers"}`, "good"]);
    }
    if (line === undefined || this.#repeated(event) || this.#oneOfMany(event)) return;
    this.#write(at, line);
  };

  #write(at: number, [lane, text, tone]: Line): void {
    this.#print(
      `${this.#paint(`${at.toFixed(2).padStart(8)} s`, "quiet")}  ${lane.padEnd(10)} ${this.#paint(text, tone)}`,
    );
  }

  /** The rehearsal asks until every probe has fallen into an answer: the answers between first and last are counted. */
  #oneOfMany(event: TimelineEvent): boolean {
    const counted = event.type === "answer" && event.ok && event.question > 1 && !this.#deleting;
    if (counted) this.#unprinted += 1;
    return counted;
  }

  #repeated(event: TimelineEvent): boolean {
    if (event.type === "container-started") this.#lastResult.clear();
    if (event.type !== "probe") return false;
    const { kind, outcome } = event.record;
    const result = `${outcome.result} ${outcome.detail}`;
    const repeated = this.#lastResult.get(kind) === result;
    this.#lastResult.set(kind, result);
    return repeated;
  }
}

type Line = readonly [lane: string, text: string, tone: Tone];

function describe(event: TimelineEvent): Line | undefined {
  switch (event.type) {
    case "container-started":
      return event.restarts === 0
        ? ["process", "started", "plain"]
        : ["process", `started again, restart ${event.restarts}`, "bad"];
    case "listening":
      return ["process", "listening", "plain"];
    case "phase": {
      const share = event.progress === null ? "" : ` ${Math.round(event.progress * 100)} %`;
      const error = event.error === undefined ? "" : `: ${event.error}`;
      return ["phase", `${event.phase}${share}${error}`, event.error === undefined ? "plain" : "bad"];
    }
    case "probe": {
      const { kind, outcome, from, to, streak, threshold } = event.record;
      const took = `${Math.round(to - from)} ms`;
      const counted = outcome.result === "failure" ? `, failure ${streak} of ${threshold}` : "";
      const warning = outcome.warning === undefined ? "" : `; ${outcome.warning}`;
      const tone = outcome.result === "success" ? "good" : "quiet";
      return [kind, `${outcome.detail} in ${took}${counted}${warning}`, tone];
    }
    case "started":
      return ["startup", `succeeded after ${event.seconds.toFixed(1)} s, attempt ${event.attempts}`, "good"];
    case "endpoints":
      return ["endpoints", event.member ? "joined: ready for clients" : "left", event.member ? "good" : "plain"];
    case "killing":
      return ["kubelet", `kills the container: ${event.reason}`, "bad"];
    case "signal":
      return ["process", event.signal, event.signal === "SIGKILL" ? "bad" : "plain"];
    case "exited": {
      const { code, signal, message } = event.exit;
      const how = code === null ? `ended by ${signal ?? "an unknown cause"}` : `exit code ${code}`;
      return ["process", message === "" ? how : `${how}: ${message}`, code === 0 ? "good" : "bad"];
    }
    case "back-off":
      return ["kubelet", `waits ${event.seconds} s before the next restart`, "bad"];
    case "deletion-requested":
      return ["kubelet", `pod deleted, ${event.graceSeconds} s of grace`, "plain"];
    case "question":
      return event.question === 1 ? ["client", "asks", "plain"] : undefined;
    case "first-token":
      return event.question === 1 ? ["client", `first token after ${event.seconds.toFixed(2)} s`, "good"] : undefined;
    case "answer": {
      const text = `${event.ok ? "answer" : "NO answer"} ${event.question} after ${event.seconds.toFixed(2)} s: ${event.detail}`;
      return ["client", text, event.ok ? "good" : "bad"];
    }
    case "drained":
      return ["process", `drained ${event.seconds.toFixed(2)} s after SIGTERM: every answer is finished`, "good"];
    case "condition":
      return ["rehearsal", event.detail, "bad"];
  }
}

export interface VerdictProps {
  readonly verdict: Verdict;
  readonly overrides: readonly Override[];
  readonly notes: readonly string[];
  readonly phaseSeconds: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly planned?: PlannedStart | undefined;
}

export function verdictLines(props: VerdictProps, paint: Paint): string[] {
  const { verdict } = props;
  const milliseconds = (value: number | null) => (value === null ? "none sent" : `${Math.round(value)} ms`);
  const { loading, idle, answering } = verdict.worstLatencyMs;
  const phases = Object.entries(props.phaseSeconds)
    .filter(([phase]) => !["ready", "draining", "failed"].includes(phase))
    .map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)} s`);
  return [
    "",
    ...(props.overrides.length === 0 ? [] : ["Overridden for this machine:"]),
    ...props.overrides.map(({ name, from, to }) => paint(`  ${name}: ${shorten(from)} -> ${shorten(to)}`, "quiet")),
    ...props.notes.map((note) => `Note: ${note}`),
    ...(phases.length === 0 ? [] : [`Phases${ofStart(verdict.containers, verdict.containers)}: ${phases.join(", ")}`]),
    ...(verdict.startup === undefined ? [] : [startupLine(verdict.startup, verdict.containers)]),
    `Worst probe latency: loading ${milliseconds(loading)}, idle ${milliseconds(idle)}, answering ${milliseconds(answering)}`,
    "",
    ...verdict.checks.map(({ name, ok, detail }) =>
      paint(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(9)}  ${detail}`, ok ? "good" : "bad"),
    ),
    "",
    verdict.ok
      ? paint(`Kubernetes would leave this pod alone${plannedWords(props)} (${props.seconds.toFixed(1)} s).`, "good")
      : paint(verdict.inconclusive ?? `This workload does not pass (${props.seconds.toFixed(1)} s).`, "bad"),
  ];
}

function plannedWords({ planned }: VerdictProps): string {
  return planned === undefined ? "" : `, in the worst start planned for ${planned.model} too`;
}

function startupLine({ seconds, budgetSeconds, container }: NonNullable<Verdict["startup"]>, starts: number): string {
  const share = Math.round((seconds / budgetSeconds) * 100);
  return `Startup probe${ofStart(container, starts)}: ${seconds.toFixed(1)} s of its ${budgetSeconds} s used (${share} %)`;
}

/** Says which start a figure is of, where there was more than one. */
function ofStart(start: number, starts: number): string {
  return starts > 1 ? ` (start ${start} of ${starts})` : "";
}

const SHOWN = 72;

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
