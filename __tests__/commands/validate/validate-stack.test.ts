import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checkStack, prepareStack, summarize, type StackJson } from "../../../commands/validate/validate-stack";

const root = mkdtempSync(join(tmpdir(), "carepath-validate-test-"));
afterAll(() => rmSync(root, { recursive: true }));

const STACK: StackJson = {
  terraform: {
    required_providers: { aws: { source: "aws", version: "6.25.0" } },
    backend: { s3: { bucket: "team-state" } },
  },
  provider: { aws: [{ region: "eu-west-1" }] },
  resource: { aws_eks_cluster: { one: { name: "x", deletion_protection: true }, two: { name: "y" } } },
};

describe("preparing a stack for a check without AWS", () => {
  it("takes the backend away and puts mock credentials in", () => {
    const json = prepareStack(STACK);
    expect(JSON.parse(JSON.stringify(json.terraform))).toEqual({
      required_providers: STACK.terraform["required_providers"],
    });
    expect(json.provider?.["aws"]).toEqual([
      {
        region: "eu-west-1",
        access_key: "mock",
        secret_key: "mock",
        skip_credentials_validation: true,
        skip_metadata_api_check: true,
        skip_requesting_account_id: true,
      },
    ]);
    expect(json.resource).toEqual(STACK.resource);
  });

  it("takes another version of a provider where one is named", () => {
    const versions = { aws: "6.47.0", helm: "3.0.0" };
    expect(prepareStack(STACK, versions).terraform["required_providers"]).toEqual({
      aws: { source: "aws", version: "6.47.0" },
    });
  });

  it("leaves stacks without AWS alone", () => {
    const stack: StackJson = { terraform: {}, provider: { helm: [{}] } };
    expect(prepareStack(stack).provider).toEqual({ helm: [{}] });
  });
});

describe("what terraform says", () => {
  const binary = join(root, "a-terraform");
  const calls = join(root, "calls");
  const files = { "cdk.tf.json": JSON.stringify(STACK) };
  const env = { PATH: process.env["PATH"], TERRAFORM_BINARY_NAME: binary };

  /** A terraform that writes down its calls and answers one of them as told. */
  function terraform(step: string, answer: string, status: number): void {
    writeFileSync(calls, "");
    const script = `#!/bin/sh\necho "$*" >> '${calls}'\nif [ "$1" = "${step}" ]; then echo '${answer}'; exit ${status}; fi\n`;
    writeFileSync(binary, script);
    chmodSync(binary, 0o755);
  }
  const steps = () => [...readFileSync(calls, "utf8").matchAll(/^\w+/gm)].map(([step]) => step);

  it("is valid after init and validate", () => {
    terraform("none", "", 0);
    expect(checkStack({ files, env })).toEqual({ outcome: "valid", text: "valid" });
    expect(steps()).toEqual(["init", "validate"]);
  });

  it("is the line of a plan that sums it up", () => {
    const line = "Plan: 7 to add, 0 to change, 0 to destroy.";
    terraform("plan", line, 0);
    expect(checkStack({ files, env, plan: true })).toEqual({ outcome: "valid", text: line });
    expect(readFileSync(calls, "utf8")).toContain("plan -input=false -no-color -refresh=false -lock=false");
  });

  it("ends the check with its own words when it refuses the stack", () => {
    terraform("validate", "Error: Unsupported argument", 1);
    expect(checkStack({ files, env, plan: true })).toEqual({
      outcome: "invalid",
      text: "terraform validate -no-color\nError: Unsupported argument",
    });
    expect(steps()).toEqual(["init", "validate"]);
  });

  it("is not valid with a warning, nor in another format than Terraform's", () => {
    terraform("validate", "Warning: Quoted references are deprecated", 0);
    expect(checkStack({ files, env }).outcome).toBe("invalid");
    terraform("fmt", "--- old/cdk.tf", 3);
    expect(checkStack({ files, env, format: "cdk.tf" })).toEqual({
      outcome: "invalid",
      text: "terraform fmt -check -diff -no-color cdk.tf\n--- old/cdk.tf",
    });
  });

  it("leaves unchecked what another version of a provider does not have, and nothing else", () => {
    const lacks =
      'Error: Invalid resource type\n\nThe provider hashicorp/aws does not support resource type\n"aws_lb".';
    terraform("validate", lacks, 1);
    expect(checkStack({ files, env, substituted: true })).toEqual({
      outcome: "not checked",
      text: "the provider of --provider does not have aws_lb",
    });
    expect(checkStack({ files, env }).outcome).toBe("invalid");
    terraform("validate", `${lacks}\nError: Unsupported argument`, 1);
    expect(checkStack({ files, env, substituted: true }).outcome).toBe("invalid");
  });

  it("leaves the stack unchecked when there are no providers", () => {
    terraform("init", "Initializing...\nError: Failed to query available provider packages\n\nadvice", 1);
    const text = "Error: Failed to query available provider packages";
    expect(checkStack({ files, env, plan: true })).toEqual({ outcome: "not checked", text });
    expect(steps()).toEqual(["init"]);
  });
});

describe("the summary", () => {
  const hint =
    "Terraform could not get the providers of what was not checked; --provider NAME=VERSION takes another version.";

  it("passes when every stack is valid", () => {
    const passes = { text: "2 valid, 0 invalid, 0 not checked", passed: true };
    expect(summarize(["valid", "valid"], false)).toEqual(passes);
    expect(summarize(["valid", "valid"], true)).toEqual(passes);
  });

  it("says what was not checked, and fails only where all of it is required", () => {
    const text = `1 valid, 0 invalid, 1 not checked. ${hint}`;
    expect(summarize(["valid", "not checked"], false)).toEqual({ text, passed: true });
    expect(summarize(["valid", "not checked"], true)).toEqual({ text, passed: false });
  });

  it("says first that nothing was checked", () => {
    expect(summarize(["not checked"], false).text).toBe(
      `SKIPPED, nothing was validated: 0 valid, 0 invalid, 1 not checked. ${hint}`,
    );
  });

  it("fails for an invalid stack", () => {
    expect(summarize(["valid", "invalid"], false).passed).toBe(false);
  });
});
