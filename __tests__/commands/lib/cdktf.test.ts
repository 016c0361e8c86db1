import {
  cdktfCalls,
  cdktfCommand,
  cdktfEnvironment,
  changingCommand,
  type Invocation,
  invocationOf,
  requireApproval,
} from "../../../commands/lib/cdktf";
import { FROM_USER, UsageError } from "../../../commands/lib/command-line";

const STACKS = ["carepath-demo-cluster", "carepath-demo-platform", "carepath-demo-chat"];

function calls(name: "diff" | "deploy", argv: readonly string[] = [], terminal = true): string[][] {
  const command = name === "diff" ? cdktfCommand(name, "") : changingCommand(name, "");
  command.parse(argv, FROM_USER);
  return cdktfCalls(invocationOf(name, command, terminal), () => STACKS);
}

describe("the calls of cdktf", () => {
  it("take every stack when a deploy or destroy names none", () => {
    expect(calls("deploy")).toEqual([["deploy", "*"]]);
    const destroy: Invocation = { command: "destroy", stacks: [], options: [], terminal: true };
    expect(cdktfCalls(destroy, () => [])).toEqual([["destroy", "*"]]);
  });

  it("diff the stacks one by one, from what was synthesized before", () => {
    const each = STACKS.map((stack) => ["diff", stack, "--skip-synth"]);
    expect(calls("diff")).toEqual(each);
    expect(calls("diff", ["--skip-synth"])).toEqual(each);
    expect(calls("diff", ["carepath-demo-chat"])).toEqual([["diff", "carepath-demo-chat", "--skip-synth"]]);
  });

  it("hand the stacks and the options on", () => {
    const options = ["--refresh-only", "--var", "a=x", "--var", "b=y", "--parallelism", "1"];
    expect(calls("deploy", ["carepath-demo-chat", ...options])).toEqual([["deploy", "carepath-demo-chat", ...options]]);
    expect(calls("deploy", ["--parallelism", "1"])).toEqual([["deploy", "*", "--parallelism", "1"]]);
  });

  it("refuse an option that cdktf does not have", () => {
    expect(() => calls("deploy", ["--refresh-onyl"])).toThrow(
      new UsageError("Unknown option '--refresh-onyl'. Did you mean --refresh-only? See npm run deploy -- --help."),
    );
  });

  it("have no colour without a terminal", () => {
    expect(calls("deploy", ["--auto-approve"], false)).toEqual([["deploy", "*", "--auto-approve", "--no-color"]]);
    expect(calls("diff", ["x", "--no-color"], false)).toEqual([["diff", "x", "--no-color", "--skip-synth"]]);
  });

  it("are approved beforehand without a terminal", () => {
    const invocation: Invocation = { command: "destroy", stacks: [], options: [], terminal: false };
    expect(() => requireApproval("destroy", invocation, "npm run diff")).toThrow(
      new UsageError(
        "destroy without a terminal: no one can approve the plan. Read it first (npm run diff), then add --auto-approve: npm run destroy -- --auto-approve.",
      ),
    );
    for (const fine of [{ terminal: true }, { options: ["--auto-approve"] }]) {
      expect(() => requireApproval("destroy", { ...invocation, ...fine }, "npm run diff")).not.toThrow();
    }
  });
});

describe("the environment of cdktf", () => {
  it("story line 10: makes every call that takes the state lock wait for it instead of failing", () => {
    const env = cdktfEnvironment({}, true);
    for (const action of ["plan", "apply", "destroy"]) {
      expect(env[`TF_CLI_ARGS_${action}`]).toBe("-lock-timeout=5m");
    }
  });

  it("keeps the arguments that the user has set, and the user's lock timeout", () => {
    const given = {
      TF_CLI_ARGS_plan: "-parallelism=2",
      TF_CLI_ARGS_apply: "-lock-timeout=60s",
      TF_CLI_ARGS_init: "-upgrade",
    };
    expect(cdktfEnvironment(given, true)).toMatchObject({
      TF_CLI_ARGS_plan: "-parallelism=2 -lock-timeout=5m",
      TF_CLI_ARGS_apply: "-lock-timeout=60s",
      TF_CLI_ARGS_init: "-upgrade",
    });
  });

  it("sets CI only where there is no terminal, and never over the user's value", () => {
    expect(cdktfEnvironment({}, true)).not.toHaveProperty("CI");
    expect(cdktfEnvironment({}, false)["CI"]).toBe("1");
    expect(cdktfEnvironment({ CI: "true", AWS_PROFILE: "demo" }, false)).toMatchObject({
      CI: "true",
      AWS_PROFILE: "demo",
      CHECKPOINT_DISABLE: "1",
    });
  });
});
