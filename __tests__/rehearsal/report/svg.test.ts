import { timelineSvg } from "../../../rehearsal/report/svg";
import { type TimelineEntry } from "../../../rehearsal/timeline";
import { seen, workload } from "../observations";

it("the picture has a lane for each probe, the container, the endpoints and the client, and escapes its title", () => {
  const svg = timelineSvg({ title: "a <b> & c", entries: seen().entries, seconds: 10, probes: workload.pod.probes });
  for (const lane of ["startup", "liveness", "readiness", "container", "endpoints", "client"]) {
    expect(svg).toContain(`>${lane}</text>`);
  }
  expect(svg).toContain("a &lt;b&gt; &amp; c");
  expect(svg).toContain("SIGTERM");
});

it("verdict and facts stand on the picture", () => {
  const svg = timelineSvg({
    title: "t",
    verdict: { ok: false, text: "killed" },
    facts: ["qwen", "window 520 s"],
    entries: seen().entries,
    seconds: 10,
    probes: workload.pod.probes,
  });
  expect(svg).toContain(">killed</text>");
  expect(svg).toContain(">qwen · window 520 s</text>");
  expect(svg).toContain(">draining</text>");
});

it("names of signals and restarts cover neither each other nor a phase", () => {
  const entries: TimelineEntry[] = [
    { at: 0, event: { type: "container-started", restarts: 0 } },
    { at: 100, event: { type: "container-started", restarts: 1 } },
    { at: 500, event: { type: "signal", signal: "SIGTERM" } },
    { at: 520, event: { type: "signal", signal: "SIGKILL" } },
    { at: 520, event: { type: "container-started", restarts: 2 } },
  ];
  const svg = timelineSvg({ title: "t", entries, seconds: 600, probes: {} });
  const names = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*font-size="11.5"[^>]*>([^<]+)</g)].map(
    ([, x, y, text = ""]) => ({ from: Number(x), to: Number(x) + text.length * 7, row: Number(y), text }),
  );
  expect(names.map(({ text }) => text)).toEqual(["restart 1", "SIGTERM", "SIGKILL", "restart 2"]);
  for (const [index, name] of names.entries()) {
    expect(name.to).toBeLessThan(960);
    for (const other of names.slice(index + 1)) {
      expect(name.row !== other.row || name.to < other.from || other.to < name.from).toBe(true);
    }
  }
});
