import { ConfigError } from "../../config/config-error";
import { ENVIRONMENTS, readConfig } from "../../config/load";
import { assessEnvironment, planEnvironment } from "../../config/plan";
import { type AppConfig } from "../../config/schema";
import { eksConfig, existingClusterConfig } from "../helpers/sample-config";

const KEYS = { source: "existing-secret", name: "chat-keys" } as const;
const BALANCER = { type: "load-balancer" as const, scheme: "internal" as const, sourceCidrs: ["10.0.0.0/8"] };
const S3 = { type: "s3", bucket: "states", region: "eu-central-1" } as const;
const NODES = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND" } as const;

const paths = (config: AppConfig): string[] => assessEnvironment(config).problems.map(({ path }) => path);
const zones = { zones: ["eu-central-1a", "eu-central-1b"] };

describe("the plan of an environment", () => {
  it("takes every number from one time budget", () => {
    const { plan, budget, problems } = assessEnvironment(eksConfig());
    expect(problems).toEqual([]);
    expect(plan).toEqual({
      model: expect.objectContaining({ id: "qwen2.5-0.5b-instruct" }) as unknown,
      threads: 3,
      architecture: "arm64",
      probes: budget.probes,
      progressDeadlineSeconds: budget.progressDeadlineSeconds,
      terraformTimeoutSeconds: budget.terraformTimeoutSeconds,
      drainSeconds: budget.drainSeconds,
      terminationGracePeriodSeconds: budget.terminationGraceSeconds,
      heartbeatSeconds: 15,
      loadBalancerIdleTimeoutSeconds: null,
      coldStartSeconds: budget.coldStartSeconds,
      warmStartSeconds: budget.warmStartSeconds,
    });
  });

  it("story 4: demo waits twice its worst cold start, and whoever waits for demo waits longer", () => {
    const plan = planEnvironment(readConfig({ CAREPATH_IMAGE_TAG: "1.0.0" }));
    const { periodSeconds, failureThreshold } = plan.probes.startup;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(2 * plan.coldStartSeconds);
    expect(plan.progressDeadlineSeconds).toBeGreaterThan(periodSeconds * failureThreshold);
    expect(plan.terraformTimeoutSeconds).toBeGreaterThan(plan.progressDeadlineSeconds);
    expect(plan.terminationGracePeriodSeconds).toBeGreaterThan(plan.drainSeconds);
  });

  it("accepts every environment of the repository", () => {
    for (const name of Object.keys(ENVIRONMENTS)) {
      const env = {
        CAREPATH_IMAGE_TAG: "1.0.0",
        ...(name === "production" ? { CAREPATH_STATE_BUCKET: "states", CAREPATH_STATE_REGION: "us-east-1" } : {}),
      };
      expect([name, assessEnvironment(readConfig({ ...env, CAREPATH_ENV: name })).problems]).toEqual([name, []]);
    }
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
    [
      "an override",
      eksConfig({ timing: { drainSeconds: 400 } }),
      { drainSeconds: 400, terminationGracePeriodSeconds: 415 },
    ],
  ])("follows %s", (_, config, expected) => {
    expect(assessEnvironment(config).plan).toMatchObject(expected);
  });

  it("follows the download rate, the volume and the model", () => {
    const cold = (config: AppConfig): number => planEnvironment(config).coldStartSeconds;
    const base = cold(eksConfig());
    expect(cold(eksConfig({ worstDownloadMiBps: 5 }))).toBe(base + 47);
    expect(cold(eksConfig({}, { storage: { throughputMiBps: 500 } }))).toBeLessThan(base);
    expect(cold(eksConfig({ model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } }))).toBeGreaterThan(base);
  });
});

describe("refused combinations", () => {
  it.each<[string, AppConfig, string[]]>([
    [
      "several replicas on one volume",
      eksConfig({ replicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
      ["chat.replicas"],
    ],
    [
      "an autoscaler on one volume",
      eksConfig({ maxReplicas: 2 }, { nodes: { ...NODES, desiredSize: 2 } }),
      ["chat.maxReplicas"],
    ],
    ["threads above the cpu limit", eksConfig({ threads: 4 }), ["chat.threads"]],
    ["a fractional cpu limit", eksConfig({ cpuCores: 1.5 }), ["chat.cpuCores"]],
    ["a cpu limit of nothing", eksConfig({ cpuCores: 0 }), ["chat.cpuCores"]],
    [
      "a heartbeat at the idle timeout",
      eksConfig({ exposure: BALANCER, apiKeys: KEYS, heartbeatSeconds: 350 }),
      ["chat.heartbeatSeconds"],
    ],
    ["exposure without keys", eksConfig({ exposure: BALANCER }), ["chat.apiKeys.source"]],
    ["production without keys", eksConfig({}, { production: true, state: S3 }), ["chat.apiKeys.source"]],
    ["local state in production", eksConfig({ apiKeys: KEYS }, { production: true }), ["state.type"]],
    [
      "a non-commercial model in production",
      eksConfig(
        { apiKeys: KEYS, model: { source: "catalogue", id: "qwen2.5-3b-instruct" } },
        { production: true, state: S3 },
      ),
      ["chat.acceptLicense"],
    ],
    ["a model larger than the cache", eksConfig({ cache: { sizeGiB: 1 } }), ["chat.cache.sizeGiB"]],
    ["context and slots beyond memory", eksConfig({ contextSize: 131_072, parallelSlots: 16 }), ["chat.memoryMiB"]],
    ["nodes over several zones", eksConfig({}, { nodes: { ...NODES, ...zones } }), ["nodes.zones"]],
    ["a zone without subnet", eksConfig({}, { nodes: { ...NODES, zone: "eu-central-1c" } }), ["nodes.zone"]],
    ["a pod with too many cores for its node", eksConfig({ cpuCores: 4 }), ["chat.cpuCores"]],
    ["a pod with too much memory for its node", eksConfig({ memoryMiB: 16_000 }), ["chat.memoryMiB"]],
    ["replicas without nodes", eksConfig({ replicas: 3, cache: { mode: "per-replica" } }), ["nodes.desiredSize"]],
    ["an answer longer than the context", eksConfig({ maxTokens: 4096 }), ["chat.maxTokens"]],
    ...(
      [
        ["startupWindowSeconds", 60, "a window that a cold start exceeds"],
        ["progressDeadlineSeconds", 60, "a progress deadline within the startup window"],
        ["terraformTimeoutSeconds", 60, "a Terraform timeout within the progress deadline"],
        ["drainSeconds", 1, "a drain shorter than the longest answer"],
        ["terminationGraceSeconds", 1, "a grace period shorter than the drain"],
      ] as const
    ).map(([key, seconds, name]): [string, AppConfig, string[]] => [
      name,
      eksConfig({ timing: { [key]: seconds } }),
      [`chat.timing.${key}`],
    ]),
    [
      "a model larger than memory",
      eksConfig({ memoryMiB: 512, model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" } }),
      ["chat.memoryMiB"],
    ],
  ])("refuses %s", (_, config, expected) => {
    expect(paths(config)).toEqual(expected);
    expect(() => planEnvironment(config)).toThrow(ConfigError);
  });

  it.each<[string, () => unknown, string]>([
    ["a missing cpu limit", () => eksConfig({ cpuCores: undefined as unknown as number }), "cpuCores"],
    [
      "a load balancer without source CIDRs",
      () => eksConfig({ apiKeys: KEYS, exposure: { ...BALANCER, sourceCidrs: [] } }),
      "sourceCidrs",
    ],
  ])("the schema refuses %s before anything is planned", (_, build, path) => {
    expect(build).toThrow(path);
  });

  it("accepts a non-commercial model in production with consent", () => {
    const model = { source: "catalogue", id: "qwen2.5-3b-instruct" } as const;
    expect(paths(eksConfig({ apiKeys: KEYS, model, acceptLicense: true }, { production: true, state: S3 }))).toEqual(
      [],
    );
  });

  it("reports all problems together", () => {
    const config = eksConfig({ threads: 9, heartbeatSeconds: 400, exposure: BALANCER, cache: { sizeGiB: 1 } });
    expect(() => planEnvironment(config)).toThrow(
      /^environment "sample": 4 problems\n {2}- chat\.threads \(9\): .*\n {2}- chat\.apiKeys\.source .*\n {2}- chat\.cache\.sizeGiB .*\n {2}- chat\.heartbeatSeconds \(400\)/,
    );
  });

  it("names the catalogue for an unknown model, beside the problems that do not depend on it", () => {
    const config = eksConfig({ model: { source: "catalogue", id: "gpt-2" }, threads: 9 });
    expect(() => assessEnvironment(config)).toThrow(
      /2 problems\n {2}- chat\.model\.id \("gpt-2"\): is not in the catalogue \(qwen2\.5-3b-instruct, .*\n {2}- chat\.threads/,
    );
  });

  it("refuses an instance type that nobody can judge", () => {
    const config = eksConfig({}, { nodes: { ...NODES, instanceType: "x1.32xlarge" } });
    expect(() => planEnvironment(config)).toThrow(
      'nodes.instanceType ("x1.32xlarge"): is not in planning/instance-types.ts (families c7i, m7i, c7a, m7a, c8g, m8g, c7g, m7g, r5, t3)',
    );
  });

  it("plans a custom model by its own facts", () => {
    const model = {
      source: "custom",
      id: "mine",
      url: "https://models.example/mine.gguf",
      bytes: 2 ** 30,
      sha256: "0".repeat(64),
      licence: "MIT",
      shape: { layers: 10, keyValueHeads: 4, headSize: 64 },
    } as const;
    const { plan, memory } = assessEnvironment(eksConfig({ model }));
    expect(plan.model).toMatchObject({ id: "mine", nonCommercial: false });
    expect(memory.keyValueMiB).toBe((2 * 10 * 4 * 64 * 2 * 8192) / 2 ** 20);
  });
});
