/**
 * A timeline as a picture: a lane for each probe, the container with its phases and restarts, the endpoints, the client.
 *
 * The card has its own light background, so it reads the same on a light and on a dark page.
 */
import { PROBE_KINDS, type ProbeKind, type ProbeSpec } from "../kubelet/probe-spec";
import { entriesOf, type Span, spansOf, type TimelineEntry, type TimelineEvent } from "../timeline";

export interface TimelineSvgProps {
  readonly title: string;
  /** One sentence below the title. @default none */
  readonly subtitle?: string;
  /** At the top right. @default none */
  readonly verdict?: { readonly ok: boolean; readonly text: string };
  /** Conditions, model, window, date: a line at the bottom. @default none */
  readonly facts?: readonly string[];
  readonly entries: readonly TimelineEntry[];
  /** Length of the time axis. */
  readonly seconds: number;
  readonly probes: Partial<Readonly<Record<ProbeKind, ProbeSpec>>>;
}

const WIDTH = 960;
const LEFT = 132;
const RIGHT = 28;
const LANE = 38;
const BAR = 20;
const AXIS_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const MOST_AXIS_MARKS = 12;

const INK = "#1f2937";
const FAINT = "#6b7280";
const GOOD = "#15803d";
const BAD = "#dc2626";

/** Fill of a phase of the container. */
const PHASE_FILL: Readonly<Record<string, string>> = {
  starting: "#cbd5e1",
  locking: "#cbd5e1",
  downloading: "#93c5fd",
  verifying: "#bfdbfe",
  loading: "#60a5fa",
  warming_up: "#3b82f6",
  idle: "#e2e8f0",
  ready: "#86efac",
  draining: "#c4b5fd",
  blocked: "#f87171",
  failed: "#f87171",
};

const PHASE_LABEL: Readonly<Record<string, string>> = {
  warming_up: "warm-up",
  blocked: "event loop blocked",
  idle: "no model",
};

interface PhaseSpan extends Span {
  readonly name: string;
}

export function timelineSvg(props: TimelineSvgProps): string {
  const lanes = [...PROBE_KINDS.filter((kind) => props.probes[kind] !== undefined), "container", "endpoints", "client"];
  const top = props.subtitle === undefined ? 70 : 90;
  const facts = props.facts ?? [];
  const height = top + lanes.length * LANE + (facts.length === 0 ? 62 : 86);
  const x = (second: number) => LEFT + (Math.min(second, props.seconds) / props.seconds) * (WIDTH - LEFT - RIGHT);
  const y = (lane: string) => top + lanes.indexOf(lane) * LANE + LANE / 2;
  const bottom = top + lanes.length * LANE;
  const body = [
    ...lanes.flatMap((lane) => laneBackground(lane, y(lane), lanes.indexOf(lane) % 2 === 0)),
    ...axis(props.seconds, x, top, bottom),
    ...containerLane(props, x, y("container")),
    ...endpointsLane(props, x, y("endpoints")),
    ...clientLane(props, x, y("client")),
    ...PROBE_KINDS.filter((kind) => props.probes[kind] !== undefined).flatMap((kind) =>
      probeLane(kind, props, x, y(kind)),
    ),
    ...turningPoints(props.entries, x, top, bottom),
    ...legend(bottom + 46),
    ...(facts.length === 0 ? [] : [label(LEFT, bottom + 70, facts.join(" · "), { fill: FAINT, size: 12 })]),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(`${props.title}. ${props.subtitle ?? ""}`)}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10" fill="#ffffff" stroke="#d1d5db"/>`,
    label(20, 34, props.title, { size: 17, weight: 600 }),
    ...(props.verdict === undefined ? [] : [badge(props.verdict)]),
    ...(props.subtitle === undefined ? [] : [label(20, 57, props.subtitle, { fill: FAINT, size: 13.5 })]),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

function badge({ ok, text }: { readonly ok: boolean; readonly text: string }): string {
  return label(WIDTH - RIGHT, 34, text, { fill: ok ? GOOD : BAD, size: 14, weight: 600, anchor: "end" });
}

function laneBackground(lane: string, middle: number, shaded: boolean): string[] {
  const rect = `<rect x="12" y="${middle - LANE / 2}" width="${WIDTH - 24}" height="${LANE}" fill="#f8fafc"/>`;
  return [...(shaded ? [rect] : []), label(24, middle + 4.5, lane, { weight: 600 })];
}

function axis(seconds: number, x: (second: number) => number, top: number, bottom: number): string[] {
  const step =
    AXIS_STEPS.find((candidate) => seconds / candidate <= MOST_AXIS_MARKS) ?? Math.ceil(seconds / MOST_AXIS_MARKS);
  const marks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return marks.flatMap((second) => [
    `<line x1="${x(second).toFixed(1)}" y1="${top}" x2="${x(second).toFixed(1)}" y2="${bottom}" stroke="#e5e7eb"/>`,
    label(x(second), bottom + 17, `${second} s`, { fill: FAINT, anchor: "middle", size: 12 }),
  ]);
}

function probeLane(kind: ProbeKind, props: TimelineSvgProps, x: (second: number) => number, middle: number): string[] {
  return entriesOf(props.entries, "probe")
    .filter(({ at, event }) => event.record.kind === kind && at <= props.seconds)
    .map(({ at, event }) => {
      const cx = x(at).toFixed(1);
      const { result } = event.record.outcome;
      // A startup probe is meant to fail until the service has started.
      if (kind === "startup" && result === "failure") return notYet(cx, middle);
      if (result === "success") return `<circle cx="${cx}" cy="${middle}" r="4" fill="${GOOD}"/>`;
      const tone = result === "failure" ? BAD : FAINT;
      return `<path d="M${cx} ${middle}m-4 -4l8 8m0 -8l-8 8" stroke="${tone}" stroke-width="2.2" fill="none"/>`;
    });
}

function notYet(cx: string, middle: number): string {
  return `<circle cx="${cx}" cy="${middle}" r="3" fill="#ffffff" stroke="${FAINT}" stroke-width="1.5"/>`;
}

/** Phases from entry to entry; nothing between the end of a container and the start of the next. */
function phases({ entries, seconds }: TimelineSvgProps): PhaseSpan[] {
  const spans: PhaseSpan[] = [];
  let open: { from: number; name: string } | undefined;
  const close = (at: number) => {
    if (open !== undefined && at > open.from) spans.push({ ...open, to: at });
    open = undefined;
  };
  for (const { at, event } of entries) {
    if (event.type === "exited") close(at);
    const name =
      event.type === "phase"
        ? event.phase
        : event.type === "container-started"
          ? (open?.name ?? "starting")
          : undefined;
    if (name === undefined || name === open?.name) continue;
    close(at);
    open = { from: at, name };
  }
  close(seconds);
  return spans;
}

function containerLane(props: TimelineSvgProps, x: (second: number) => number, middle: number): string[] {
  const bars = phases(props).flatMap(({ from, to, name }) =>
    bar(x(from), x(to), middle, PHASE_FILL[name] ?? "#cbd5e1", PHASE_LABEL[name] ?? name),
  );
  const ends = entriesOf(props.entries, "exited");
  return [
    ...bars,
    ...ends.map(
      ({ at }) => `<rect x="${(x(at) - 1.5).toFixed(1)}" y="${middle - 14}" width="3" height="28" fill="${INK}"/>`,
    ),
  ];
}

function endpointsLane(props: TimelineSvgProps, x: (second: number) => number, middle: number): string[] {
  const isMember = (event: TimelineEvent) => (event.type === "endpoints" ? event.member : undefined);
  const blocked = phases(props).filter(({ name }) => name === "blocked");
  return spansOf(props.entries, isMember, props.seconds).flatMap((member) => {
    const dead = blocked
      .map((span) => ({ from: Math.max(member.from, span.from), to: Math.min(member.to, span.to) }))
      .filter(({ from, to }) => to > from);
    return [
      ...without(member, dead).flatMap(({ from, to }) => bar(x(from), x(to), middle, "#bbf7d0", "in the endpoints")),
      ...dead.flatMap(({ from, to }) => bar(x(from), x(to), middle, "#fecaca", "in the endpoints, cannot answer")),
    ];
  });
}

/** What is left of a span without the given ones, which are in order. */
function without({ from, to }: Span, gaps: readonly Span[]): Span[] {
  const starts = [from, ...gaps.map((gap) => gap.to)];
  const ends = [...gaps.map((gap) => gap.from), to];
  return starts.map((start, index) => ({ from: start, to: ends[index] ?? to })).filter((span) => span.to > span.from);
}

function clientLane(props: TimelineSvgProps, x: (second: number) => number, middle: number): string[] {
  const answers = entriesOf(props.entries, "answer");
  return entriesOf(props.entries, "question").flatMap(({ at, event }) => {
    const answer = answers.find((candidate) => candidate.event.question === event.question);
    const end = answer?.at ?? props.seconds;
    const ok = answer?.event.ok === true;
    const waited =
      answer === undefined ? "waits" : `waits ${Math.round(answer.event.seconds)} s: ${answer.event.detail}`;
    return [
      ...bar(x(at), x(end), middle, ok ? "#fde68a" : "#fed7aa", waited),
      ...(ok && x(end) - x(at) < SMALL_BAR
        ? []
        : [
            `<circle cx="${x(end).toFixed(1)}" cy="${middle}" r="5" fill="${ok ? GOOD : BAD}" stroke="#ffffff" stroke-width="1.5"/>`,
          ]),
    ];
  });
}

interface TurningPoint {
  readonly at: number;
  readonly text: string;
  readonly tone: string;
}

/** Signals and restarts: a line through all lanes, and a name above them that covers no other name. */
function turningPoints(
  entries: readonly TimelineEntry[],
  x: (second: number) => number,
  top: number,
  bottom: number,
): string[] {
  const deleted = entriesOf(entries, "deletion-requested")[0]?.at ?? Infinity;
  const points: TurningPoint[] = entries.flatMap(({ at, event }) => {
    if (event.type === "signal") return [{ at, text: event.signal, tone: deleted <= at ? FAINT : BAD }];
    if (event.type === "container-started" && event.restarts > 0)
      return [{ at, text: `restart ${event.restarts}`, tone: BAD }];
    return [];
  });
  /** Names that stand already, by row. */
  const placed: { row: number; from: number; to: number }[] = [];
  const free = (row: number, from: number, to: number) =>
    from >= LEFT && to < WIDTH - 12 && !placed.some((name) => name.row === row && from < name.to && name.from < to);
  /** Whether a name between these would lie on the line of another event. */
  const crossed = (from: number, to: number, own: number) =>
    points.some((other) => Math.abs(x(other.at) - own) > SAME_PLACE && x(other.at) > from && x(other.at) < to);
  return points.flatMap(({ at, text, tone }) => {
    const width = text.length * BOLD_CHARACTER;
    const places = [0, 1].flatMap((row) => [
      { row, from: x(at) + 4, to: x(at) + 4 + width },
      { row, from: x(at) - 4 - width, to: x(at) - 4 },
    ]);
    const fitting = places.filter(({ row, from, to }) => free(row, from, to));
    const place = fitting.find(({ from, to }) => !crossed(from, to, x(at))) ?? fitting[0];
    if (place !== undefined) placed.push(place);
    return [
      `<line x1="${x(at).toFixed(1)}" y1="${top - 6}" x2="${x(at).toFixed(1)}" y2="${bottom}" stroke="${tone}" stroke-width="1.5" stroke-dasharray="4 3"/>`,
      ...(place === undefined
        ? []
        : [label(place.from, top - 4 - place.row * 13, text, { fill: tone, size: 11.5, weight: 600 })]),
    ];
  });
}

/** Events closer than this, in pixels, share a line. */
const SAME_PLACE = 8;

/** Width of a character of the names above the lanes, in pixels, rounded up: none may reach another. */
const BOLD_CHARACTER = 7.6;

function legend(baseline: number): string[] {
  return [
    `<circle cx="${LEFT + 6}" cy="${baseline - 4}" r="4" fill="${GOOD}"/>`,
    label(LEFT + 16, baseline, "probe succeeded", { fill: FAINT, size: 12 }),
    `<path d="M${LEFT + 140} ${baseline - 4}m-4 -4l8 8m0 -8l-8 8" stroke="${BAD}" stroke-width="2.2" fill="none"/>`,
    label(LEFT + 150, baseline, "probe failed", { fill: FAINT, size: 12 }),
    notYet(String(LEFT + 248), baseline - 4),
    label(LEFT + 258, baseline, "not started yet", { fill: FAINT, size: 12 }),
    `<rect x="${LEFT + 374}" y="${baseline - 15}" width="3" height="20" fill="${INK}"/>`,
    label(LEFT + 384, baseline, "process ended", { fill: FAINT, size: 12 }),
    `<rect x="${LEFT + 492}" y="${baseline - 12}" width="14" height="12" rx="2" fill="#fde68a"/>`,
    label(LEFT + 512, baseline, "a client waits", { fill: FAINT, size: 12 }),
    `<rect x="${LEFT + 612}" y="${baseline - 12}" width="14" height="12" rx="2" fill="${PHASE_FILL["draining"] ?? ""}"/>`,
    label(LEFT + 632, baseline, "draining", { fill: FAINT, size: 12 }),
  ];
}

/** An answer narrower than this has no end mark: the rehearsal asks many short questions in a row. */
const SMALL_BAR = 40;

/** Average width of a character of the labels, in pixels. */
const CHARACTER = 6.3;

function bar(from: number, to: number, middle: number, fill: string, text: string): string[] {
  const width = Math.max(to - from, 1.5);
  const fits = text.length * CHARACTER + 10 < width;
  return [
    `<rect x="${from.toFixed(1)}" y="${middle - BAR / 2}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="${fill}"/>`,
    ...(fits ? [label(from + 7, middle + 4.5, text, { size: 12 })] : []),
  ];
}

interface LabelStyle {
  readonly fill?: string;
  readonly size?: number;
  readonly weight?: number;
  readonly anchor?: "start" | "middle" | "end";
}

function label(x: number, y: number, text: string, style: LabelStyle = {}): string {
  const { fill = INK, size, weight, anchor } = style;
  const attributes = [
    `x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${fill}"`,
    ...(size === undefined ? [] : [`font-size="${size}"`]),
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
  ];
  return `<text ${attributes.join(" ")}>${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
