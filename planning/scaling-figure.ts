/**
 * The picture of docs/scaling.md as SVG text: how waiting grows with users, and where a GPU node becomes cheaper. Plain
 * strings with fixed decimals, so that the same figures give the same bytes.
 */

export interface Series {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** A horizontal or vertical line with a word to it. */
  readonly marks: readonly Mark[];
}

export interface Axis {
  readonly scale: "linear" | "log";
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

export interface Mark {
  readonly at: number;
  readonly axis: "x" | "y";
  readonly label: string;
}

const WIDTH = 480;
const HEIGHT = 360;
const PLOT = { left: 62, top: 44, right: 18, bottom: 52 } as const;
const INK = "#1f2933";
const PALE = "#d5dbe1";

/** Panels side by side on a white ground, readable in light and dark pages. */
export function figure(panels: readonly Panel[]): string {
  const width = WIDTH * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${width}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...panels.flatMap((panel, index) => [`<g transform="translate(${index * WIDTH} 0)">`, ...drawPanel(panel), `</g>`]),
    `</svg>`,
    "",
  ].join("\n");
}

function drawPanel(panel: Panel): string[] {
  const toX = position(panel.x, PLOT.left, WIDTH - PLOT.right);
  const toY = position(panel.y, HEIGHT - PLOT.bottom, PLOT.top);
  return [
    text(PLOT.left, 22, panel.title, `font-size="14" font-weight="bold"`),
    ...panel.x.ticks.flatMap((tick) => [
      line(toX(tick), PLOT.top, toX(tick), HEIGHT - PLOT.bottom, PALE),
      text(toX(tick), HEIGHT - PLOT.bottom + 18, panel.x.format(tick), `text-anchor="middle"`),
    ]),
    ...panel.y.ticks.flatMap((tick) => [
      line(PLOT.left, toY(tick), WIDTH - PLOT.right, toY(tick), PALE),
      text(PLOT.left - 8, toY(tick) + 4, panel.y.format(tick), `text-anchor="end"`),
    ]),
    text((PLOT.left + WIDTH - PLOT.right) / 2, HEIGHT - 12, panel.xLabel, `text-anchor="middle"`),
    text(PLOT.left, PLOT.top - 8, panel.yLabel, `font-size="11"`),
    ...panel.marks.flatMap((mark) => drawMark(mark, toX, toY)),
    ...panel.series.map((series) => drawSeries(series, toX, toY)),
    ...legend(panel.series),
  ];
}

function drawSeries({ points, colour, dashed }: Series, toX: Scale, toY: Scale): string {
  const path = points.map(([x, y]) => `${fixed(toX(x))},${fixed(toY(y))}`).join(" ");
  const dash = dashed === true ? ` stroke-dasharray="6 4"` : "";
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"${dash}/>`;
}

function drawMark({ at, axis, label }: Mark, toX: Scale, toY: Scale): string[] {
  const style = `stroke="#7b8794" stroke-width="1.5" stroke-dasharray="3 3"`;
  if (axis === "y") {
    const y = fixed(toY(at));
    return [
      `<line x1="${PLOT.left}" y1="${y}" x2="${WIDTH - PLOT.right}" y2="${y}" ${style}/>`,
      text(WIDTH - PLOT.right - 4, toY(at) - 5, label, `text-anchor="end" font-size="11" fill="#52606d"`),
    ];
  }
  const x = fixed(toX(at));
  return [
    `<line x1="${x}" y1="${PLOT.top}" x2="${x}" y2="${HEIGHT - PLOT.bottom}" ${style}/>`,
    text(toX(at) + 6, HEIGHT - PLOT.bottom - 10, label, `font-size="11" fill="#52606d"`),
  ];
}

function legend(series: readonly Series[]): string[] {
  const height = series.length * 17 + 8;
  const width = Math.max(...series.map(({ label }) => label.length)) * 6.2 + 40;
  return [
    `<rect x="${PLOT.left + 8}" y="${PLOT.top + 8}" width="${fixed(width)}" height="${height}" rx="4" fill="#ffffff" stroke="${PALE}"/>`,
    ...series.flatMap(({ label, colour, dashed }, index) => {
      const y = PLOT.top + 23 + index * 17;
      const dash = dashed === true ? ` stroke-dasharray="6 4"` : "";
      return [
        `<line x1="${PLOT.left + 15}" y1="${y - 4}" x2="${PLOT.left + 35}" y2="${y - 4}" stroke="${colour}" stroke-width="2.5"${dash}/>`,
        text(PLOT.left + 41, y, label, `font-size="11"`),
      ];
    }),
  ];
}

type Scale = (value: number) => number;

/** Values beyond the axis are drawn at its end. */
function position({ scale, from, to }: Axis, start: number, end: number): Scale {
  const map = scale === "log" ? Math.log10 : (value: number) => value;
  return (value) => {
    const inside = Math.min(to, Math.max(from, value));
    return start + ((map(inside) - map(from)) / (map(to) - map(from))) * (end - start);
  };
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
