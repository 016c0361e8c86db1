import { ProgressReport } from "../../../service/src/lifecycle/progress-report.js";

it("tells phase, share, seconds, try and failure of a start that needs two tries", () => {
  let now = 1_000;
  const report = new ProgressReport(() => now, 0);
  report.enter("downloading");
  report.advanceBytes(25, 100);
  now = 3_500;
  report.fail("the source answered 503.");
  report.retry();
  expect(report.toJSON()).toEqual({
    status: "loading",
    phase: "downloading",
    progress: 0.25,
    elapsed_seconds: 3.5,
    attempt: 2,
    error: "the source answered 503.",
    downloaded_bytes: 25,
    total_bytes: 100,
    phase_seconds: { starting: 1, downloading: 2.5 },
  });
  report.succeed();
  report.enter("verifying");
  report.advanceBytes(50, 100);
  expect(report.toJSON()).toMatchObject({ attempt: 1, error: null, progress: 0.5, downloaded_bytes: 25 });
});

it("a phase that is entered again goes on counting", () => {
  let now = 0;
  const report = new ProgressReport(() => now, 0);
  for (const phase of ["locking", "downloading", "locking", "downloading"] as const) {
    report.enter(phase);
    now += 1_000;
  }
  expect(report.toJSON().phase_seconds).toEqual({ starting: 0, locking: 2, downloading: 2 });
});

it("what is waited for hides the last failure only while it is waited for", () => {
  const report = new ProgressReport(() => 0, 0);
  report.fail("failed");
  report.wait("another process");
  expect(report.toJSON().error).toBe("another process");
  report.wait(undefined);
  expect(report.toJSON().error).toBe("failed");
});

it.each([
  ["ready", "ready", 1],
  ["draining", "draining", null],
  ["failed", "failed", null],
  ["loading", "loading", null],
] as const)("phase %s has status %s", (phase, status, progress) => {
  const report = new ProgressReport(() => 0, 0);
  report.enter(phase);
  expect(report.toJSON()).toMatchObject({ phase, status, progress });
});
