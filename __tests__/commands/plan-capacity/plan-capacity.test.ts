import { readConfig } from "../../../config/load";
import { UsageError } from "../../../commands/lib/command-line";
import { type AppConfig } from "../../../config/schema";
import { planCapacity } from "../../../commands/plan-capacity/main";
import { type CapacityReport } from "../../../commands/plan-capacity/report";
import { type UsersReport } from "../../../commands/plan-capacity/users";
import { eksConfig, existingClusterConfig } from "../../helpers/sample-config";

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function run(args: string[], config: AppConfig = eksConfig()): Outcome {
  let out = "";
  let seen: Outcome["env"] = {};
  const code = planCapacity(args, {
    env: { CAREPATH_ENV: "demo" },
    out: (text) => (out += text),
    load: (env) => {
      seen = env;
      return config;
    },
  });
  return { code, out, env: seen };
}

describe("npm run plan-capacity", () => {
  it("shows budget, fit, memory, speed, bill and how to cut its three largest lines", () => {
    const { code, out } = run([]);
    expect(code).toBe(0);
    expect(out).toContain(
      'Capacity plan of "sample": qwen2.5-0.5b-instruct, 1 x 3 cores and 6000 MiB, on 1 x m7g.xlarge',
    );
    expect(out).toMatch(
      /^ {2}worst cold start +\d+ s {2}start 5 \+ download 47 \+ verify 4 \+ load \d+ \+ warm-up \d+$/m,
    );
    expect(out).toMatch(/^ {2}startup probe +\d+ s {2}\d+ failures x 5 s, at least 2 x the cold start$/m);
    expect(out).toContain("Pod on its node: fits: 1 on each node, 1 pod on 1 node");
    expect(out).toMatch(/^ {2}smallest limit +\d+ MiB {2}\d+ MiB less than the limit$/m);
    expect(out).toMatch(/^Expected speed \(an estimate\): \d+ tok\/s/m);
    expect(out).toMatch(/^ {2}total +\d+\.\d\d +with spot nodes about \d+\.\d\d$/m);
    expect(out).toMatch(
      /The three largest lines, and how to cut them\n {2}1\. nodes, m7g\.xlarge \(119\.14\): [^]*\n {2}2\. EKS[^]*\n {2}3\. NAT/,
    );
    expect(out).toContain(
      "list prices of us-east-1, 2026-01-19, 730 hours\n  your region is eu-central-1: expect other prices\n",
    );
  });

  it("says what Terraform waits for: one deadline, one for each pod of a StatefulSet, or what was configured", () => {
    const line = (config: AppConfig) => / {2}Terraform timeout +\d+ s {2}(.*)/.exec(run([], config).out)?.[1];
    expect(line(eksConfig())).toBe("the progress deadline + 60 s, in whole minutes");
    expect(line(eksConfig({ replicas: 3, cache: { mode: "per-replica" } }))).toBe(
      "the progress deadline of each of 3 pods + 60 s, in whole minutes",
    );
    expect(line(eksConfig({ timing: { terraformTimeoutSeconds: 80_000 } }))).toBe(
      "set by the configuration, more than the progress deadline",
    );
  });

  it("keeps its lines short enough for a terminal", () => {
    expect(
      Math.max(
        ...run([])
          .out.split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(120);
  });

  it("prints the same figures as JSON", () => {
    const report = JSON.parse(run(["--json"]).out) as CapacityReport;
    expect(report.environment).toBe("sample");
    expect(report.assessment.budget.coldStartSeconds).toBe(report.assessment.plan.coldStartSeconds);
    expect(report.cost?.lines[0]).toMatchObject({ name: "nodes, m7g.xlarge" });
    expect(report.cost?.totalSpot).toBeLessThan(report.cost?.totalOnDemand ?? 0);
  });

  it("compares instance types with its own", () => {
    const { code, out } = run(["--compare", "m8g.xlarge, c7g.large"]);
    expect(code).toBe(0);
    expect(
      out
        .split("\n")
        .slice(0, 4)
        .map((line) => line.split(/\s+/).slice(0, 2)),
    ).toEqual([
      ["", "type"],
      ["", "m8g.xlarge"],
      ["*", "m7g.xlarge"],
      ["", "c7g.large"],
    ]);
    expect(out).toMatch(/c7g\.large +AWS Graviton3 +2 +4 +NO +- +- +52\.92 +~26\.46 +-\n/);
    expect(JSON.parse(run(["--compare", "c8g.xlarge", "--json"]).out)).toHaveLength(2);
  });

  it("counts the pods of what the environment installs in the table as on its own node", () => {
    const config = eksConfig({ maxReplicas: 2, cache: { mode: "per-replica" } }, { podLogs: { retentionDays: 30 } });
    const [own] = JSON.parse(run(["--compare", "m7g.xlarge", "--json"], config).out) as [Record<string, unknown>];
    const { assessment } = JSON.parse(run(["--json"], config).out) as CapacityReport;
    expect(own).toMatchObject({ fits: true, largestPodCores: assessment.fit?.largestPodCores });
    const four = { ...config, chat: { ...config.chat, memoryMiB: assessment.fit?.free.memoryMiB ?? 0 } };
    const [fitting] = JSON.parse(run(["--compare", "m7g.xlarge", "--json"], four).out) as [Record<string, unknown>];
    four.chat.memoryMiB += 1;
    const [tooLarge] = JSON.parse(run(["--compare", "m7g.xlarge", "--json"], four).out) as [Record<string, unknown>];
    expect([fitting["fits"], tooLarge["fits"]]).toEqual([true, false]);
  });

  it("says why an x86 type may stay though Graviton makes cheaper tokens, and only then", () => {
    const x86 = eksConfig({ memoryMiB: 5120 }, { nodes: { instanceType: "c7i.xlarge", capacityType: "ON_DEMAND" } });
    const words = (out: string) => out.replace(/\s+/g, " ");
    expect(words(run(["--compare", "m8g.xlarge"], x86).out)).toContain(
      "m8g.xlarge has the cheaper tokens (an estimate), and runs only arm64 images. c7i.xlarge runs x86 images, which an x86 " +
        "laptop or CI runner builds without emulation; that is what it is paid for. Who builds on arm64 anyway, or does not " +
        "mind the slower build, sets nodes.instanceType: `npm run image` then builds for arm64.",
    );
    for (const [args, config] of [
      [["--compare", "m7i.xlarge"], x86],
      [["--compare", "m8g.large"], x86],
      [["--compare", "m8g.xlarge"], eksConfig()],
      [["--compare", "m8g.xlarge"], existingClusterConfig()],
    ] as const) {
      const { code, out } = run([...args], config);
      expect([code, words(out).includes("cheaper tokens")]).toEqual([0, false]);
    }
  });

  it("bills replicas, gateways and a load balancer that faces the internet", () => {
    const config = eksConfig(
      {
        replicas: 2,
        cache: { mode: "per-replica" },
        apiKeys: { source: "terraform-variable" },
        exposure: { type: "load-balancer", scheme: "internet-facing", sourceCidrs: ["203.0.113.0/24"] },
      },
      {
        network: { zones: ["eu-central-1a", "eu-central-1b"], natGateways: "per-zone" },
        nodes: { instanceType: "m7g.xlarge", capacityType: "SPOT", desiredSize: 2 },
      },
    );
    const { out } = run([], config);
    expect(out).toMatch(/nodes, m7g\.xlarge spot .* 2 x \$0\.0816\/h/);
    expect(out).toMatch(/NAT gateways .* 2 x \(/);
    expect(out).toMatch(/load balancer .* 2 public addresses/);
    expect(out).toMatch(/model cache volumes .* 2 x 15 GiB/);
    expect(out).toMatch(/total .* with nodes on demand/);
    expect(out).toContain("  - A reclaimed spot node stops the service");
  });

  it("leaves nodes and bill out on an existing cluster", () => {
    const { out, code } = run([], existingClusterConfig());
    expect(code).toBe(0);
    expect(out).toContain("Pod on its node: not checked, the nodes of an existing cluster are not known");
    expect(out).not.toContain("Monthly cost");
    expect(run(["--compare", "c8g.xlarge"], existingClusterConfig()).out).not.toContain("*");
  });

  it("shows what synth refuses beside the figures, and fails", () => {
    const { out, code } = run([], eksConfig({ cpuCores: 4, memoryMiB: 500 }));
    expect(code).toBe(1);
    expect(out).toMatch(
      /REFUSED, synth would stop here\. environment "sample": 2 problems\n {2}- chat\.memoryMiB \(500\): [^]* {2}- chat\.cpuCores \(4\): must fit m7g\.xlarge/,
    );
    expect(out).toContain("Pod on its node: does NOT fit");
    expect(out).toMatch(/smallest limit +\d+ MiB {2}\d+ MiB MORE than the limit/);
  });

  it("lists what must be named before a deploy, and answers", () => {
    const { out, code } = run([], readConfig({ CAREPATH_ENV: "production" }));
    expect(code).toBe(0);
    expect(out).toMatch(
      /MISSING before synth: 5 problems\n {2}- state\.type \("local"\)[^]* {2}- chat\.image \([^]* {2}- chat\.exposure\.host \(/,
    );
    expect(out).not.toContain("REFUSED");
    expect(out).toContain("Monthly cost");
  });

  it("says what the cores of a node are for where the chat pod has its own, and why SIGTERM waits", () => {
    const { out } = run([], readConfig({ CAREPATH_ENV: "production" }));
    expect(out).toMatch(/cores: 6 for chat pods alone; 2 for the system pods \(\d+m\) and the services of the node/);
    expect(out).toMatch(/preStop +25 s {2}the load balancer still sends requests to a pod that ends/);
    const demo = run([]).out;
    expect(demo).not.toContain("for chat pods alone");
    expect(demo).toMatch(/preStop +5 s {2}requests still come until each node has seen that the pod ends/);
  });

  it("has the memory of the GPU, its nodes on the bill and the times of its pods where the engine is vLLM", () => {
    const { out, code } = run([], readConfig({ CAREPATH_ENV: "scale" }));
    expect(code).toBe(0);
    expect(out).toContain(
      'Capacity plan of "scale": qwen2.5-1.5b-instruct, 2 x 3 cores and 10240 MiB, on 2 x g6.xlarge',
    );
    expect(out).toMatch(/^ {2}worst cold start +\d+ s {2}download \d+ \+ load \d+ \+ engine 200$/m);
    expect(out).toMatch(/^ {2}progress deadline +\d+ s {2}more than grace 63 \+ .* \+ image 206 /m);
    expect(out).toMatch(/^ {2}termination grace +63 s {2}preStop \+ drain \+ 15 s to close$/m);
    expect(out).toMatch(/^ {2}conversations +\d+ MiB {2}\d+ tokens: 1\d\d conversations of 4096$/m);
    expect(out).toMatch(/^ {2}GPU nodes, g6\.xlarge +1191\.01 /m);
    expect(out).toMatch(/^ {2}nodes, c7i\.large +130\.31 /m);
    expect(out).not.toMatch(/heartbeat|model cache volumes/);
  });

  it("has no replicas on CPUs to count where the engine is vLLM", () => {
    expect(() => run(["--users", "1000"], readConfig({ CAREPATH_ENV: "scale" }))).toThrow(
      new UsageError("--users counts replicas on CPUs; docs/scaling.md has the figures of GPUs."),
    );
  });

  it("says how many pods the nodes hold when they are too few", () => {
    const { out } = run([], eksConfig({ replicas: 3, cache: { mode: "per-replica" } }));
    expect(out).toContain("Pod on its node: fits, but 1 node holds 1 of 3 pods");
  });

  it("takes the environment from --env", () => {
    expect(run(["--env", "production"]).env).toMatchObject({ CAREPATH_ENV: "production" });
    expect(run([]).env).toMatchObject({ CAREPATH_ENV: "demo" });
  });

  it("says what so many users need: replicas, nodes, waiting time, cost, and what to set", () => {
    const { code, out } = run(["--users", "1000"]);
    expect(code).toBe(0);
    const replicas = Number(/^ {2}replicas +(\d+)$/m.exec(out)?.[1]);
    expect(replicas).toBeGreaterThan(1);
    expect(out).toMatch(/^ {2}questions +0\.42\/s {2}5 % of the users ask every 120 s$/m);
    expect(out).toMatch(new RegExp(`^ {2}nodes +${replicas}  m7g\\.xlarge$`, "m"));
    expect(out).toMatch(/^ {2}first token +\d+\.\d s {2}95 of 100 within (\d|1[0-4])\.\d s$/m);
    expect(out).toMatch(/^ {2}a month +\$[\d,]+ {2}list prices$/m);
    expect(out.replace(/\s+/g, " ")).toContain(
      `under chat: replicas: ${replicas}, cache: { mode: "per-replica" } under nodes: desiredSize: ${replicas}, maxSize: ${replicas} `,
    );
    const report = JSON.parse(run(["--users", "1000", "--json"]).out) as UsersReport;
    expect(report).toMatchObject({ users: 1000, replicas, nodes: { count: replicas, instanceType: "m7g.xlarge" } });
  });

  it("names a wait that can be had where no number of replicas reaches the target", () => {
    const out = run(["--users", "1000", "--within", "1"]).out.replace(/\s+/g, " ");
    expect(out).toContain("replicas none no number reaches the target");
    const [, pasted = ""] = /npm run plan-capacity -- (--users 1000 --within \d+)/.exec(out) ?? [];
    expect(run(pasted.split(" ")).out).toMatch(/^ {2}replicas +\d+$/m);
  });

  it("bills every replica's volume and every node", () => {
    const bill = (users: number) =>
      (JSON.parse(run(["--users", String(users), "--json"]).out) as UsersReport).nodes?.monthlyUsd ?? 0;
    const configured = (JSON.parse(run(["--json"]).out) as CapacityReport).cost?.total;
    expect(bill(1)).toBe(configured);
    expect(bill(1000)).toBeGreaterThan(bill(1) * 2);
  });

  it("names neither nodes nor a bill for the users of an existing cluster", () => {
    const { out } = run(["--users", "10"], existingClusterConfig());
    expect(out).toMatch(/under chat: replicas: 1$/m);
    expect(out).not.toMatch(/nodes|a month/);
  });

  it("refuses users who are no number, and two plans at once", () => {
    expect(() => run(["--users", "many"])).toThrow(UsageError);
    expect(() => run(["--users", "5", "--compare", "c8g.xlarge"])).toThrow(
      new UsageError("--compare and --users are different plans. Choose one."),
    );
  });

  it("refuses an instance type that is in no table", () => {
    expect(() => run(["--compare", "z9.huge"])).toThrow(UsageError);
    expect(() => run(["--compare", "z9.huge"])).toThrow(/^instance types \(z9\.huge\) are not in/);
  });
});
