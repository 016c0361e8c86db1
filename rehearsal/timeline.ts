import { type PodEvent } from "./kubelet/pod";

/** What the service and its client did, as seen from outside. */
export type ServiceEvent =
  | { readonly type: "listening" }
  /** A phase that `/ready` reports, or one of the simulated server (`blocked`). */
  | { readonly type: "phase"; readonly phase: string; readonly progress: number | null; readonly error?: string }
  | { readonly type: "question"; readonly question: number }
  | { readonly type: "first-token"; readonly question: number; readonly seconds: number }
  | {
      readonly type: "answer";
      readonly question: number;
      readonly ok: boolean;
      readonly seconds: number;
      /** What the client saw. */
      readonly detail: string;
    }
  /** The answer under way at SIGTERM came to its end, so many seconds after it. */
  | { readonly type: "drained"; readonly seconds: number }
  /** A condition took effect, e.g. the process was killed on purpose. */
  | { readonly type: "condition"; readonly detail: string };

export type TimelineEvent = PodEvent | ServiceEvent;

export interface TimelineEntry {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly event: TimelineEvent;
}

export type EventOf<T extends TimelineEvent["type"]> = Extract<TimelineEvent, { readonly type: T }>;

/** What happened in a rehearsal or a replay, in order; the reports (text, JSON, picture) are all made from it. */
export class Timeline {
  readonly entries: TimelineEntry[] = [];

  constructor(
    /** Seconds since the beginning. */
    readonly now: () => number,
    readonly onEntry: (entry: TimelineEntry) => void = () => undefined,
  ) {}

  add(event: TimelineEvent): void {
    const entry = { at: this.now(), event };
    this.entries.push(entry);
    this.onEntry(entry);
  }

  of<T extends TimelineEvent["type"]>(type: T): { readonly at: number; readonly event: EventOf<T> }[] {
    return entriesOf(this.entries, type);
  }
}

/** A stretch of time, in seconds since the beginning. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When something held that events switch on (true) and off (false); what never ended goes on to `end`. */
export function spansOf(
  entries: readonly TimelineEntry[],
  switched: (event: TimelineEvent) => boolean | undefined,
  end: number,
): Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const { at, event } of entries) {
    const on = switched(event);
    if (on === true) from ??= at;
    if (on === false && from !== undefined) {
      spans.push({ from, to: at });
      from = undefined;
    }
  }
  return from === undefined ? spans : [...spans, { from, to: end }];
}

export function entriesOf<T extends TimelineEvent["type"]>(
  entries: readonly TimelineEntry[],
  type: T,
): { readonly at: number; readonly event: EventOf<T> }[] {
  return entries.filter(({ event }) => event.type === type) as { readonly at: number; readonly event: EventOf<T> }[];
}
