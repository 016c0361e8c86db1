import { painter, TimelinePrinter, verdictLines } from "../../../rehearsal/report/text";
import { judge } from "../../../rehearsal/verdict";
import { seen, workload } from "../observations";

const print = (colours: boolean) => {
  const lines: string[] = [];
  const printer = new TimelinePrinter((line) => lines.push(line), painter(colours));
  for (const entry of seen().entries) printer.entry(entry);
  return lines;
};

it("is plain when piped", () => {
  expect(print(false)).toContain("    5.00 s  endpoints  joined: ready for clients");
  expect(print(false).join("")).not.toContain("\u001b");
});

it("has colours on a terminal", () => {
  expect(print(true).join("")).toContain("\u001b[32mjoined: ready for clients\u001b[0m");
});

it("the verdict says every check, the budget and the worst latencies", () => {
  const lines = verdictLines(
    {
      verdict: judge({ workload, seen: seen(), orderedRestarts: 0, speedup: 1 }),
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
