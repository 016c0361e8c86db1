import { assessEnvironment } from "../../config/assessment";
import { type AppConfig } from "../../config/schema";
import { eksConfig } from "../helpers/sample-config";

const NODES = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" } as const;
const exposed = (idleTimeoutSeconds: number) => ({
  type: "load-balancer" as const,
  scheme: "internal" as const,
  sourceCidrs: ["10.0.0.0/8"],
  idleTimeoutSeconds,
});
const notes = (config: AppConfig) => assessEnvironment(config).notes;

it("has nothing to say about a plain environment, and is silent at each limit", () => {
  expect(notes(eksConfig())).toEqual([]);
  expect(notes(eksConfig({ exposure: exposed(600) }))).toEqual([]);
  const { longestAnswerSeconds } = assessEnvironment(eksConfig()).budget;
  expect(notes(eksConfig({ requestTimeoutSeconds: longestAnswerSeconds + 1 }))).toEqual([]);
});

it.each<[string, AppConfig, number, RegExp]>([
  [
    "a drain beyond the spot notice",
    eksConfig({ timing: { drainSeconds: 128 } }, { nodes: { ...NODES, capacityType: "SPOT" } }),
    2,
    /^Spot nodes end 120 s after their notice, and the drain may take 128 s/,
  ],
  ["a spot node", eksConfig({}, { nodes: { ...NODES, capacityType: "SPOT" } }), 1, /^A reclaimed spot node/],
  [
    "a burstable type",
    eksConfig({}, { nodes: { ...NODES, instanceType: "t3.xlarge" } }),
    1,
    /^t3\.xlarge earns CPU credits/,
  ],
  [
    "an answer that cannot finish",
    eksConfig({ requestTimeoutSeconds: 5 }),
    1,
    /may not finish within requestTimeoutSeconds \(5 s\)/,
  ],
  ["an idle timeout below the deadline", eksConfig({ exposure: exposed(599) }), 1, /idle timeout of 599 s/],
  [
    "a non-commercial licence",
    eksConfig({ model: { source: "catalogue", id: "qwen2.5-3b-instruct" } }),
    1,
    /^qwen2\.5-3b-instruct has a licence \(Qwen Research\)/,
  ],
  [
    "a model that is too small for triage",
    eksConfig({ model: { source: "catalogue", id: "smollm2-135m-instruct" } }),
    1,
    /^smollm2-135m-instruct is too small to judge how urgent a complaint is: \/triage is off\./,
  ],
])("mentions %s", (_, config, count, text) => {
  expect(notes(config)).toHaveLength(count);
  expect(notes(config)[0]).toMatch(text);
});
