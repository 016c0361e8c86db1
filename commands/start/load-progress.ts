import { type ReadyReport } from "../../service/src/contract";

const BAR_WIDTH = 30;
const NAMES: Partial<Record<ReadyReport["phase"], string>> = {
  locking: "waiting for the cache",
  downloading: "downloading",
  verifying: "verifying",
  loading: "loading",
  warming_up: "warming up",
};

/** One line about a start that is under way, for a terminal of `columns`: bar, share, size, and the last failure. */
export function progressLine(report: ReadyReport, columns: number): string {
  const { phase, progress, attempt, error } = report;
  const parts = [(NAMES[phase] ?? phase).padEnd(12)];
  if (progress !== null) {
    const filled = Math.floor(progress * BAR_WIDTH);
    parts.push(`[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}]`, percent(progress));
  }
  const size = sizes(report);
  if (size) parts.push(size);
  parts.push(`${Math.floor(report.elapsed_seconds)} s`);
  if (error !== null) parts.push(`try ${attempt}: ${error}`);
  return parts.join(" ").slice(0, Math.max(20, columns - 1));
}

/**
 * The same without a terminal: a line for each phase, each tenth of it and each new failure, and none in between.
 *
 * @returns undefined when there is nothing new since `previous`
 */
export function plainLine(report: ReadyReport, previous: ReadyReport | undefined): string | undefined {
  const step = (of: ReadyReport | undefined): string =>
    of === undefined ? "" : `${of.phase} ${Math.floor((of.progress ?? 0) * 10)} ${of.attempt} ${of.error ?? ""}`;
  if (step(report) === step(previous)) return undefined;
  const { phase, progress, attempt, error } = report;
  const share = progress === null ? "" : ` ${percent(progress).trim()}`;
  const size = sizes(report);
  const failure = error === null ? "" : ` (try ${attempt}: ${error})`;
  return `${NAMES[phase] ?? phase}${share}${size && ` of ${size.split(" / ")[1] ?? ""}`}${failure}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4);
}

function sizes({ phase, downloaded_bytes: done, total_bytes: total }: ReadyReport): string {
  if (phase !== "downloading" || done === undefined || total === undefined) return "";
  return `${megabytes(done)} / ${megabytes(total)} MB`;
}

/** Megabytes, with a digit after the point where there are few. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
}
