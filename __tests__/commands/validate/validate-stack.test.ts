import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checkStack, prepareStack, summarize, type StackJson } from "../../../commands/validate/validate-stack";

const root = mkdtempSync(join(tmpdir(), "carepath-validate-test-"));
const mirror = join(root, "mirror");
beforeAll(() => mkdirSync(join(mirror, "registry.terraform.io", "hashicorp", "aws", "5.100.0"), { recursive: true }));
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
  test("takes the backend away and puts mock credentials in", () => {
    const { json, notes, missing } = prepareStack(STACK, undefined);
    expect(JSON.parse(JSON.stringify(json.terraform))).toEqual({
      required_providers: STACK.terraform.required_providers,
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
    expect([notes, missing]).toEqual([[], []]);
  });

  test("changes neither the stack that it was given nor its resources when the pinned provider is there", () => {
    const before = JSON.stringify(STACK);
    expect(prepareStack(STACK, undefined).json.resource).toEqual(STACK.resource);
    prepareStack(STACK, mirror);
    expect(JSON.stringify(STACK)).toBe(before);
  });

  test("says which older provider it takes, and what that one does not know", () => {
    const { json, notes, older, missing } = prepareStack(STACK, mirror);
    expect(json.terraform.required_providers["aws"]).toEqual({ source: "aws", version: "5.100.0" });
    expect(json.resource?.["aws_eks_cluster"]).toEqual({ one: { name: "x" }, two: { name: "y" } });
    expect(older).toEqual(["aws 5.100.0 instead of 6.25.0"]);
    expect(notes).toEqual(["aws_eks_cluster.deletion_protection left out: it needs major 6 of the provider"]);
    expect(missing).toEqual([]);
  });

  test("takes the pinned version where the mirror has it, without a note", () => {
    const providers = { aws: { source: "hashicorp/aws", version: "5.100.0" } };
    expect(
      prepareStack({ ...STACK, resource: {}, terraform: { required_providers: providers } }, mirror),
    ).toMatchObject({
      notes: [],
      older: [],
      missing: [],
    });
  });

  test("leaves the look-up of add-on versions out, and keeps other data", () => {
    const other = { aws_eks_cluster: { one: { name: "x" } } };
    const { json, notes } = prepareStack(
      {
        ...STACK,
        resource: {
          aws_eks_addon: { dns: { addon_name: "coredns", addon_version: "${data.aws_eks_addon_version.x}" } },
        },
        data: { aws_eks_addon_version: { x: {} }, ...other },
      },
      undefined,
    );
    expect(json.resource).toEqual({ aws_eks_addon: { dns: { addon_name: "coredns" } } });
    expect(json["data"]).toEqual(other);
    expect(notes).toEqual(["data.aws_eks_addon_version left out: only AWS knows the versions"]);
  });

  test("names the providers that cannot be had, and leaves stacks without AWS alone", () => {
    const stack: StackJson = {
      terraform: { required_providers: { helm: { source: "helm", version: "3.1.1" } } },
      provider: { helm: [{}] },
    };
    const { json, missing } = prepareStack(stack, mirror);
    expect(missing).toEqual(["helm 3.1.1"]);
    expect(json.provider).toEqual({ helm: [{}] });
  });
});

describe("what terraform says", () => {
  const bin = join(root, "bin");
  const calls = join(root, "calls");
  const path = process.env["PATH"];

  /** A terraform that writes down its calls and answers one of them as told. */
  function terraform(step: string, answer: string, status: number): void {
    mkdirSync(bin, { recursive: true });
    writeFileSync(calls, "");
    const script = `#!/bin/sh\necho "$*" >> '${calls}'\ncat "$TF_CLI_CONFIG_FILE" > '${calls}.cli'\nif [ "$1" = "${step}" ]; then echo '${answer}'; exit ${status}; fi\n`;
    writeFileSync(join(bin, "terraform"), script);
    chmodSync(join(bin, "terraform"), 0o755);
    process.env["PATH"] = `${bin}:${path ?? ""}`;
  }
  afterEach(() => (process.env["PATH"] = path));
  const steps = () =>
    readFileSync(calls, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);

  test("a stack is initialised and validated, from the mirror", () => {
    terraform("none", "", 0);
    expect(checkStack(STACK, { mirror, plan: false })).toEqual({ ok: true, text: "valid" });
    expect(steps()).toEqual(["init", "validate"]);
    expect(readFileSync(`${calls}.cli`, "utf8")).toContain(`path = "${mirror}"`);
    checkStack(STACK, { mirror: undefined, plan: false });
    expect(readFileSync(`${calls}.cli`, "utf8")).not.toContain("filesystem_mirror");
  });

  test("a plan is summed up by its own line", () => {
    terraform("plan", "Plan: 7 to add, 0 to change, 0 to destroy.", 0);
    expect(checkStack(STACK, { mirror, plan: true })).toEqual({
      ok: true,
      text: "Plan: 7 to add, 0 to change, 0 to destroy.",
    });
    expect(readFileSync(calls, "utf8")).toContain("plan -input=false -no-color -refresh=false -lock=false");
  });

  test("a failure ends the check with the words of terraform", () => {
    terraform("validate", "Error: Unsupported argument", 1);
    expect(checkStack(STACK, { mirror, plan: true })).toEqual({
      ok: false,
      text: "terraform validate -no-color\nError: Unsupported argument",
    });
    expect(steps()).toEqual(["init", "validate"]);
  });
});

describe("the summary", () => {
  const all = { valid: 7, older: 0, invalid: 0, skipped: 0 };

  test("everything with the pinned providers passes, strict or not", () => {
    const passes = { text: "7 valid, 0 valid with an older provider, 0 invalid, 0 skipped", passed: true };
    expect(summarize(all, false)).toEqual(passes);
    expect(summarize(all, true)).toEqual(passes);
  });

  test("what was skipped is said, and fails only where it was asked for", () => {
    const counts = { ...all, valid: 1, older: 1, skipped: 5 };
    const line = "1 valid, 1 valid with an older provider, 0 invalid, 5 skipped";
    expect(summarize(counts, false)).toEqual({
      text: `${line}. Skipped stacks were not checked at all: npm run validate -- --online checks everything.`,
      passed: true,
    });
    expect(summarize(counts, true)).toEqual({
      text: `${line}. --require asks for every stack with the pinned providers: add --online, or complete the mirror.`,
      passed: false,
    });
  });

  test.each(["older", "skipped"] as const)("a single stack that is %s fails a strict run", (outcome) => {
    expect(summarize({ ...all, [outcome]: 1 }, true).passed).toBe(false);
    expect(summarize({ ...all, [outcome]: 1 }, false).passed).toBe(true);
  });

  test("an invalid stack fails every run", () => {
    expect(summarize({ ...all, invalid: 1 }, false).passed).toBe(false);
  });
});
