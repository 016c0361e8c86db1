import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { deployStacks, destroyStacks, diffStacks, visitDiffs } from "../../../commands/lib/change-stacks";
import { type StackDiff } from "../../../commands/lib/stack-plan";
import { Terraform } from "../../../commands/lib/terraform";
import { FakeTerraform, type FakeStack } from "../../helpers/fake-terraform";

const lines: string[] = [];
let fake: FakeTerraform;

function props(stacks: Readonly<Record<string, FakeStack>>, approve: readonly boolean[] = []) {
  fake = new FakeTerraform(mkdtempSync(join(tmpdir(), "carepath-terraform-")), stacks);
  const answers = [...approve];
  return {
    terraform: new Terraform(fake.binary, process.env),
    all: fake.stacks,
    chosen: fake.stacks,
    say: (line: string) => void lines.push(line),
    approve: () => Promise.resolve(answers.shift() ?? true),
  };
}

const CHAIN = { cluster: {}, platform: { dependencies: ["cluster"] }, chat: { dependencies: ["platform"] } };

beforeEach(() => {
  lines.length = 0;
  // The plan of the fake is nothing for a terminal.
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  fake.remove();
  jest.restoreAllMocks();
});

describe("deploying stacks", () => {
  it("applies the plans in order, says what each changes and leaves no plan behind", async () => {
    expect(await deployStacks(props(CHAIN))).toBe(0);
    expect(fake.calls.filter((call) => / (plan|apply) /.test(call) && !call.includes("-no-color"))).toEqual([]);
    expect(fake.applied).toEqual(["cluster", "platform", "chat"]);
    expect(lines.slice(0, 4)).toEqual([
      "1/3 cluster",
      "1/3 cluster: 1 to add, 0 to change, 0 to destroy",
      "1/3 cluster: done",
      "2/3 platform",
    ]);
    expect(fake.stacks.some(({ folder }) => existsSync(join(folder, "plan")))).toBe(false);
  });

  it("waits for the lock that another run holds, in every call that takes it", async () => {
    await deployStacks(props({ cluster: {} }));
    const locking = fake.calls.filter((call) => /^cluster (init|plan|apply)/.test(call));
    expect(locking).toHaveLength(3);
    expect(locking.every((call) => call.includes("-lock-timeout=5m"))).toBe(true);
  });

  it("stops where a plan is not approved", async () => {
    expect(await deployStacks(props(CHAIN, [true, false]))).toBe(1);
    expect(fake.applied).toEqual(["cluster"]);
    expect(lines.at(-1)).toBe("2/3 platform: not approved, nothing was changed");
  });

  it("asks nothing where nothing would change", async () => {
    const approve = jest.fn();
    expect(await deployStacks({ ...props({ cluster: { actions: [] } }), approve })).toBe(0);
    expect(approve).not.toHaveBeenCalled();
    expect(lines.at(-1)).toBe("1/1 cluster: nothing to change");
  });

  it("stops at a failed apply with the exit code of Terraform", async () => {
    expect(await deployStacks(props({ ...CHAIN, cluster: { apply: "fails" } }))).toBe(1);
    expect(fake.applied).toEqual(["cluster"]);
  });

  it("fails when Terraform is killed", async () => {
    expect(await deployStacks(props({ ...CHAIN, cluster: { apply: "is killed" } }))).toBe(137);
    expect(fake.applied).toEqual(["cluster"]);
    expect(lines.at(-1)).toContain("Terraform was ended by signal 9");
  });

  it("counts a replacement as one added and one destroyed", async () => {
    await deployStacks(props({ cluster: { actions: [["delete", "create"], ["update"], ["no-op"]] } }));
    expect(lines[1]).toBe("1/1 cluster: 1 to add, 1 to change, 1 to destroy");
  });

  it("lets Terraform end by itself when this process is asked to stop", async () => {
    const result = deployStacks(props({ cluster: { apply: "waits for Ctrl-C" } }));
    const folder = fake.stacks[0]?.folder ?? "";
    while (!existsSync(join(folder, "applying"))) await sleep(20);
    process.emit("SIGTERM");
    expect(await result).toBe(1);
    expect(existsSync(join(folder, "released"))).toBe(true);
    expect(process.listenerCount("SIGTERM")).toBe(0);
  });

  it("fails with exit code 127 where Terraform cannot be started", async () => {
    const base = props({ cluster: {} });
    const missing = new Terraform(join(tmpdir(), "no-terraform-here"), process.env);
    expect(await deployStacks({ ...base, terraform: missing })).toBe(127);
  });
});

describe("destroying stacks", () => {
  it("goes from the dependants to what they depend on, and passes over what has no state", async () => {
    const stacks = { ...CHAIN, cluster: { deployed: true }, platform: { deployed: true, dependencies: ["cluster"] } };
    expect(await destroyStacks(props(stacks))).toBe(0);
    expect(fake.applied).toEqual(["platform", "cluster"]);
    expect(lines[0]).toBe("1/3 chat: its state is empty, there is nothing to destroy");
    expect(fake.calls.filter((call) => / plan /.test(call)).every((call) => call.includes(" -destroy"))).toBe(true);
  });
});

it("keeps a stack, and those below it, that may not be destroyed yet", async () => {
  const deployed = { deployed: true };
  const stacks = { cluster: deployed, platform: { ...deployed, dependencies: ["cluster"] } };
  const mayDestroy = ({ name }: { name: string }) => Promise.resolve(name !== "platform");
  expect(await destroyStacks({ ...props(stacks), mayDestroy })).toBe(1);
  expect(fake.applied).toEqual([]);
});

it("does what a stack needs before its destroy once that is approved, and not before", async () => {
  const prepared: string[] = [];
  const beforeDestroy = ({ name }: { name: string }) => Promise.resolve(void prepared.push(name));
  const base = props({ cluster: { deployed: true } });
  expect(await destroyStacks({ ...base, beforeDestroy, approve: () => Promise.resolve(false) })).toBe(1);
  expect(prepared).toEqual([]);
  expect(await destroyStacks({ ...base, beforeDestroy })).toBe(0);
  expect(prepared).toEqual(["cluster"]);
});

describe("the diff of stacks", () => {
  async function diffs(stacks: Readonly<Record<string, FakeStack>>): Promise<Record<string, StackDiff>> {
    const results: Record<string, StackDiff> = {};
    await visitDiffs(props(stacks), ({ name }, diff) => (results[name] = diff), false);
    return results;
  }

  it("plans only the first stack before anything is deployed", async () => {
    const results = await diffs(CHAIN);
    expect(results["cluster"]?.status).toBe("planned");
    expect(results["platform"]).toEqual({ status: "waiting", missing: ["cluster"] });
    expect(results["chat"]).toEqual({ status: "waiting", missing: ["platform"] });
  });

  it("fails, with Terraform's words, where no provider can be installed", async () => {
    const all = props({ platform: { initFails: 1 }, chat: { dependencies: ["platform"], initFails: 1 } });
    const found: StackDiff[] = [];
    await visitDiffs({ ...all, chosen: all.chosen.slice(1) }, (_, diff) => found.push(diff), false);
    expect(found).toEqual([
      { status: "failed", exitCode: 1, log: expect.stringContaining("no provider can be installed") as string },
    ]);
  });

  it("plans every stack whose dependencies are deployed", async () => {
    const deployed = { deployed: true, actions: [["update"]] };
    const results = await diffs({ ...CHAIN, cluster: deployed, platform: { ...deployed, dependencies: ["cluster"] } });
    expect(Object.values(results).map(({ status }) => status)).toEqual(["planned", "planned", "planned"]);
  });

  it("does not repeat the error of one stack for those that depend on it", async () => {
    const results = await diffs({ ...CHAIN, cluster: { deployed: true, planFails: 1 } });
    expect(results["cluster"]).toMatchObject({ status: "failed", exitCode: 1 });
    expect(results["platform"]).toEqual({ status: "waiting", missing: ["cluster"] });
  });

  it("shows Terraform's words and has the exit code 1 where a stack cannot be planned", async () => {
    const written = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await diffStacks(props({ cluster: { initFails: 3 }, platform: { dependencies: ["cluster"] } }))).toBe(1);
    expect(written).toHaveBeenCalledWith("Error: no provider can be installed\n");
    expect(await diffStacks(props({ cluster: {} }))).toBe(0);
  });

  it("leaves no plan behind: it holds what the state holds", async () => {
    await diffs(CHAIN);
    expect(fake.stacks.some(({ folder }) => existsSync(join(folder, "plan")))).toBe(false);
  });
});
