import { plainLine, progressLine } from "../../../commands/start/load-progress";
import { type ReadyReport } from "../../../service/src/contract";

const report: ReadyReport = {
  status: "loading",
  phase: "downloading",
  progress: 0.5,
  elapsed_seconds: 12.7,
  attempt: 1,
  error: null,
  downloaded_bytes: 50_000_000,
  total_bytes: 100_000_000,
};

it("a bar with share, size and seconds", () => {
  expect(progressLine(report, 120)).toBe("downloading  [###############---------------]  50% 50 / 100 MB 12 s");
});

it("the last failure is shown, and nothing is wider than the terminal", () => {
  const failing = { ...report, progress: null, attempt: 3, error: "the source answered 503." };
  expect(progressLine(failing, 120)).toBe("downloading  50 / 100 MB 12 s try 3: the source answered 503.");
  expect(progressLine(failing, 40)).toHaveLength(39);
});

it("without a terminal only what is new is a line", () => {
  expect(plainLine(report, undefined)).toBe("downloading 50% of 100 MB");
  expect(plainLine({ ...report, progress: 0.59 }, report)).toBeUndefined();
  expect(plainLine({ ...report, progress: 0.6 }, report)).toBe("downloading 60% of 100 MB");
  expect(plainLine({ ...report, error: "reset", attempt: 2 }, report)).toBe("downloading 50% of 100 MB (try 2: reset)");
  expect(plainLine({ ...report, phase: "warming_up", progress: null }, report)).toBe("warming up");
});
