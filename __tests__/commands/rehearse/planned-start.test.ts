import { parseOptions } from "../../../commands/rehearse/options";
import { completed, plannedStart, speedupFor } from "../../../commands/rehearse/planned-start";
import { loadConfig } from "../../../config/load";
import { planCapacity } from "../../../config/plan";
import { conditionEnv, describeConditions } from "../../../rehearsal/conditions/preloads";

const { config } = loadConfig({ CAREPATH_ENV: "demo" });
const planned = plannedStart(config);

it("holds the worst cold start of the time budget, but for the start of the process, which is real", () => {
  const { budget } = planCapacity(config);
  const [start] = budget.coldStart;
  expect(planned.downloadSeconds + planned.loadSeconds).toBe(budget.coldStartSeconds - (start?.seconds ?? 0));
  expect(planned).toMatchObject({ model: "qwen2.5-3b-instruct", startupWindowSeconds: budget.startupWindowSeconds });
});

it("takes about 20 s, and leaves the process 15 s of the window for its own start", () => {
  const speedup = speedupFor(planned);
  const held = (planned.downloadSeconds + planned.loadSeconds) / speedup;
  expect(held).toBeGreaterThan(15);
  expect(held).toBeLessThan(25);
  expect(planned.startupWindowSeconds / speedup - held).toBeGreaterThanOrEqual(15);
  expect(speedupFor({ ...planned, downloadSeconds: 1, loadSeconds: 1, startupWindowSeconds: 100 })).toBe(1);
});

it("a speed-up of the person stays, and a start of their own is not held", () => {
  const ask = (...argv: string[]) => completed(parseOptions(argv, {}), () => config);
  expect(ask().planned).toEqual(planned);
  expect(ask("--speedup", "3")).toMatchObject({ planned, speedup: 3 });
  expect(ask("--no-hold")).not.toHaveProperty("planned");
  expect(ask("--load-seconds", "5")).toMatchObject({ loadSeconds: 5, speedup: 1 });
});

it("says what was held and what was real", () => {
  const options = completed(parseOptions([], {}), () => config);
  expect(describeConditions(options)).toEqual([
    `Held: the download for ${planned.downloadSeconds} s and the load for ${planned.loadSeconds} s, the worst start planned for qwen2.5-3b-instruct.`,
    "Real: the service, its probes, questions, answers and drain. The model is a stand-in with random weights.",
    `Probe periods, delays and back-off are divided by ${options.speedup}, and so is what is held; time-outs are not.`,
  ]);
  expect(Number(conditionEnv("/", options)["REHEARSAL_HOLD_LOAD_SECONDS"])).toBeCloseTo(
    planned.loadSeconds / options.speedup,
  );
});
