import { readConfig } from "../../config/load";
import { planCapacity } from "../../config/plan";
import { type AppConfig } from "../../config/schema";
import { eksConfig, existingClusterConfig } from "../helpers/sample-config";

const KEYS = { source: "existing-secret", name: "chat-keys" } as const;
const BALANCER = { type: "load-balancer" as const, scheme: "internal" as const, sourceCidrs: ["10.0.0.0/8"] };
const NODES = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" } as const;

describe("the plan of an environment", () => {
  it("takes every number from one time budget", () => {
    const { plan, budget } = planCapacity(eksConfig());
    expect(plan).toEqual({
      model: expect.objectContaining({ id: "qwen2.5-0.5b-instruct" }) as unknown,
      threads: 3,
      architecture: "arm64",
      probes: budget.probes,
      progressDeadlineSeconds: budget.progressDeadlineSeconds,
      terraformTimeoutSeconds: budget.terraformTimeoutSeconds,
      preStopSeconds: budget.preStopSeconds,
      drainSeconds: budget.drainSeconds,
      terminationGracePeriodSeconds: budget.terminationGraceSeconds,
      heartbeatSeconds: 15,
      loadBalancerIdleTimeoutSeconds: null,
      applicationLoadBalancer: null,
      coldStartSeconds: budget.coldStartSeconds,
      warmStartSeconds: budget.warmStartSeconds,
    });
  });

  it("story 4: demo waits twice its worst cold start, and whoever waits for demo waits longer", () => {
    const { plan } = planCapacity(readConfig({}));
    const { periodSeconds, failureThreshold } = plan.probes.startup;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(2 * plan.coldStartSeconds);
    expect(plan.progressDeadlineSeconds).toBeGreaterThan(periodSeconds * failureThreshold);
    expect(plan.terraformTimeoutSeconds).toBeGreaterThan(plan.progressDeadlineSeconds);
    expect(plan.terminationGracePeriodSeconds).toBeGreaterThan(plan.drainSeconds);
  });

  it.each<[string, AppConfig, Partial<Record<string, unknown>>]>([
    ["threads", eksConfig({ threads: 2 }), { threads: 2 }],
    [
      "the node's architecture",
      eksConfig({}, { nodes: { ...NODES, instanceType: "m7i.xlarge" } }),
      { architecture: "amd64" },
    ],
    ["an existing cluster", existingClusterConfig(), { architecture: null }],
    ["the heartbeat", eksConfig({ heartbeatSeconds: 20 }), { heartbeatSeconds: 20 }],
    ["the idle timeout", eksConfig({ exposure: BALANCER, apiKeys: KEYS }), { loadBalancerIdleTimeoutSeconds: 350 }],
    ["no load balancer", eksConfig(), { preStopSeconds: 5 }],
    ["a load balancer", eksConfig({ exposure: BALANCER, apiKeys: KEYS }), { preStopSeconds: 25 }],
    [
      "an override",
      eksConfig({ timing: { drainSeconds: 400 } }),
      { drainSeconds: 400, terminationGracePeriodSeconds: 420 },
    ],
  ])("follows %s", (_, config, expected) => {
    expect(planCapacity(config).plan).toMatchObject(expected);
  });

  it("follows the download rate, the volume and the model", () => {
    const cold = (config: AppConfig): number => planCapacity(config).plan.coldStartSeconds;
    const base = cold(eksConfig());
    expect(cold(eksConfig({ worstDownloadMiBps: 5 }))).toBe(base + 47);
    expect(cold(eksConfig({}, { storage: { throughputMiBps: 500 } }))).toBeLessThan(base);
    expect(cold(eksConfig({ model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } }))).toBeGreaterThan(base);
  });

  it("holds on the slowest type that a spot group may take", () => {
    const slowest = (instanceType: "c8g.xlarge" | "c7g.xlarge", capacityType: "SPOT" | "ON_DEMAND") =>
      planCapacity(eksConfig({}, { nodes: { instanceType, capacityType } })).throughput.slowest;
    expect(slowest("c8g.xlarge", "SPOT")).toBe(slowest("c7g.xlarge", "ON_DEMAND"));
    expect(slowest("c8g.xlarge", "ON_DEMAND")).toBeGreaterThan(slowest("c8g.xlarge", "SPOT"));
  });

  it("takes the facts of a custom model", () => {
    const model = {
      source: "custom",
      id: "mine",
      url: "https://models.example/mine.gguf",
      bytes: 2 ** 30,
      sha256: "0".repeat(64),
      licence: "MIT",
      shape: { layers: 10, keyValueHeads: 4, headSize: 64 },
    } as const;
    const { plan, memory } = planCapacity(eksConfig({ model }));
    expect(plan.model).toMatchObject({ id: "mine", nonCommercial: false });
    expect(memory.keyValueMiB).toBe((2 * 10 * 4 * 64 * 2 * 8192) / 2 ** 20);
  });
});
