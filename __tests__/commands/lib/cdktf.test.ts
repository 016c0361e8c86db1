import {
  annotationLines,
  cdktfCalls,
  cdktfEnvironment,
  type Invocation,
  refusePlaceholder,
  stacksOf,
  terraformProblem,
} from "../../../commands/lib/cdktf";
import { UsageError } from "../../../commands/lib/command-line";

const STACKS = ["carepath-demo-cluster", "carepath-demo-platform", "carepath-demo-chat"];

function calls(invocation: Partial<Invocation>): string[][] {
  return cdktfCalls({ command: "deploy", args: [], env: {}, terminal: true, ...invocation }, () => STACKS);
}

describe("the calls to cdktf", () => {
  test("deploy and destroy take every stack when none is named", () => {
    expect(calls({ command: "deploy" })).toEqual([["deploy", "*"]]);
    expect(calls({ command: "destroy" })).toEqual([["destroy", "*"]]);
  });

  test("diff goes through the stacks one by one and synthesizes once", () => {
    expect(calls({ command: "diff" })).toEqual(STACKS.map((stack) => ["diff", stack, "--skip-synth"]));
    expect(calls({ command: "diff", args: ["--skip-synth"] })).toEqual(
      STACKS.map((stack) => ["diff", stack, "--skip-synth"]),
    );
  });

  test("a named stack and every option go through as they are", () => {
    const args = ["carepath-demo-chat", "--var", "chat_api_keys=x", "--refresh-only"];
    expect(calls({ command: "deploy", args })).toEqual([["deploy", ...args]]);
    expect(calls({ command: "diff", args })).toEqual([["diff", ...args]]);
    expect(calls({ command: "synth", args: ["--hcl"] })).toEqual([["synth", "--hcl"]]);
  });

  test("the value of an option is not taken for a stack name", () => {
    expect(calls({ args: ["--parallelism", "1"] })).toEqual([["deploy", "*", "--parallelism", "1"]]);
    expect(calls({ args: ["--auto-approve"] })).toEqual([["deploy", "*", "--auto-approve"]]);
  });

  test("without a terminal there is no colour, and a change must be approved beforehand", () => {
    expect(calls({ args: ["--auto-approve"], terminal: false })).toEqual([
      ["deploy", "*", "--auto-approve", "--no-color"],
    ]);
    expect(calls({ command: "diff", args: ["x", "--no-color"], terminal: false })).toEqual([
      ["diff", "x", "--no-color"],
    ]);
    expect(calls({ command: "destroy", args: ["--help"], terminal: false })).toEqual([
      ["destroy", "--help", "--no-color"],
    ]);
    expect(() => calls({ command: "destroy", terminal: false })).toThrow(
      new Error(
        "destroy without a terminal: nobody can approve the plan. Read it first (npm run diff), then add --auto-approve: npm run destroy -- --auto-approve.",
      ),
    );
  });
});

describe("the environment of cdktf", () => {
  test("story line 10: every call that takes the state lock waits for it instead of failing", () => {
    const env = cdktfEnvironment({ env: {}, terminal: true });
    for (const action of ["plan", "apply", "destroy"]) {
      expect(env[`TF_CLI_ARGS_${action}`]).toBe("-lock-timeout=5m");
    }
  });

  test("keeps the arguments that the user has set, and a lock timeout of the user's own", () => {
    const env = cdktfEnvironment({
      env: { TF_CLI_ARGS_plan: "-parallelism=2", TF_CLI_ARGS_apply: "-lock-timeout=60s", TF_CLI_ARGS_init: "-upgrade" },
      terminal: true,
    });
    expect(env).toMatchObject({
      TF_CLI_ARGS_plan: "-parallelism=2 -lock-timeout=5m",
      TF_CLI_ARGS_apply: "-lock-timeout=60s",
      TF_CLI_ARGS_init: "-upgrade",
    });
  });

  test("CI is set only where there is no terminal, and never over the user's value", () => {
    expect(cdktfEnvironment({ env: {}, terminal: true })).not.toHaveProperty("CI");
    expect(cdktfEnvironment({ env: {}, terminal: false })["CI"]).toBe("1");
    expect(cdktfEnvironment({ env: { CI: "true", AWS_PROFILE: "demo" }, terminal: false })).toMatchObject({
      CI: "true",
      AWS_PROFILE: "demo",
      CHECKPOINT_DISABLE: "1",
    });
  });
});

test("stacks are listed after those they depend on", () => {
  const manifest = {
    stacks: {
      chat: { dependencies: ["platform"] },
      platform: { dependencies: ["cluster"] },
      cluster: { dependencies: [] },
    },
  };
  expect(stacksOf(JSON.stringify(manifest))).toEqual(["cluster", "platform", "chat"]);
});

describe("the Terraform binary", () => {
  const fix = "Install Terraform 1.11.0 or newer, or name another binary in TERRAFORM_BINARY_NAME.";

  test.each(["1.11.0", "1.11.4", "1.100.0", "2.0.0"])("%s will do", (version) => {
    expect(terraformProblem("terraform", `{"terraform_version": "${version}"}`)).toBeUndefined();
  });

  test.each(["1.10.9", "1.9.8", "0.15.0"])("%s is too old", (version) => {
    expect(terraformProblem("terraform", `{"terraform_version": "${version}"}`)).toBe(
      `"terraform" is version ${version}, and the stacks need write-only attributes and S3 lock files. ${fix}`,
    );
  });

  test("a missing binary and a strange answer are told apart", () => {
    expect(terraformProblem("tofu", undefined)).toBe(
      `"tofu" cannot be run, and cdktf plans and applies through it. ${fix}`,
    );
    expect(terraformProblem("tofu", "{}")).toBe(`"tofu version -json" does not name a version. ${fix}`);
  });
});

test("warnings of the constructs are shown with their stack", () => {
  const annotations = [{ level: "@cdktf/warn", message: "nobody's network" }];
  expect(annotationLines(JSON.stringify({ stacks: { chat: { annotations: [] }, cluster: { annotations } } }))).toEqual([
    "warn: cluster: nobody's network",
  ]);
});

test("deploy refuses the placeholder of the demo, and takes real networks", () => {
  expect(() => refusePlaceholder(["198.51.100.7/32", "203.0.113.0/24"])).toThrow(
    new UsageError(
      "cluster.endpoint.publicAccessCidrs (203.0.113.0/24): is nobody's network, so the platform stack could not reach the cluster. " +
        "Set CAREPATH_API_CIDRS to your address, e.g. CAREPATH_API_CIDRS=198.51.100.7/32.",
    ),
  );
  expect(() => refusePlaceholder(["198.51.100.7/32"])).not.toThrow();
});
