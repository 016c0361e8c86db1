import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { App } from "cdktf";

import { loadConfig } from "../../../config/load";
import { clearStacks, repairHcl, repairStacks } from "../../../commands/lib/synth-output";
import { OLDEST_TERRAFORM } from "../../../commands/lib/terraform-version";
import { buildStacks } from "../../../stacks/build-stacks";
import { PRODUCTION_VARIABLES } from "../../helpers/production-variables";

let outdir: string;

beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "carepath-output-"));
});

afterEach(() => {
  delete process.env["SYNTH_HCL_OUTPUT"];
  rmSync(outdir, { recursive: true, force: true });
});

it("the configuration of an earlier run goes, in both languages; what Terraform put beside it stays", () => {
  const stack = join(outdir, "stacks", "carepath-demo-chat");
  mkdirSync(stack, { recursive: true });
  for (const name of ["cdk.tf", "cdk.tf.json", "metadata.json", ".terraform.lock.hcl"])
    writeFileSync(join(stack, name), "");
  clearStacks(outdir);
  expect(existsSync(join(stack, "cdk.tf"))).toBe(false);
  expect(existsSync(join(stack, "cdk.tf.json"))).toBe(false);
  expect(existsSync(join(stack, "metadata.json"))).toBe(true);
  expect(existsSync(join(stack, ".terraform.lock.hcl"))).toBe(true);
});

it("clears nothing before a first run", () => {
  expect(() => clearStacks(join(outdir, "nothing"))).not.toThrow();
});

it("the setting that cdktf writes without its value gets it", () => {
  expect(repairHcl('terraform {\n  0 = "required_version"\n}\n', "1.11.0")).toBe(
    'terraform {\n  required_version = ">= 1.11.0"\n}\n',
  );
});

it("the post-renderer of a release is an object", () => {
  expect(repairHcl('postrender {\nbinary_path = "node"\n}\n', "1.11.0")).toBe(
    'postrender = {\nbinary_path = "node"\n}\n',
  );
});

it("HCL of production: Terraform can read every policy and the terraform block", () => {
  process.env["SYNTH_HCL_OUTPUT"] = "true"; // what `cdktf synth --hcl` sets for the app
  const app = new App({ outdir, stackTraces: false });
  const loaded = loadConfig({
    CAREPATH_ENV: "production",
    ...PRODUCTION_VARIABLES,
    CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat",
  });
  // Keys in a write-only attribute are what asks for a version of Terraform.
  loaded.config.chat.apiKeys = { source: "terraform-variable", revision: 1 };
  buildStacks(app, loaded);
  app.synth();
  repairStacks(outdir, OLDEST_TERRAFORM);
  const text = (stack: string): string =>
    readFileSync(join(outdir, "stacks", `carepath-production-${stack}`, "cdk.tf"), "utf8");

  const cluster = text("cluster");
  const policies = [...cluster.matchAll(/^ *(?:assume_role_)?policy += (.*)$/gm)].map(([, value]) => value ?? "");
  expect(policies.length).toBeGreaterThan(7);
  // Either a heredoc, or one line whose inner quotes are escaped.
  expect(policies.filter((value) => value !== "<<EOF" && !/^"([^"\\]|\\.)*"$/.test(value))).toEqual([]);
  expect(cluster).toContain("${aws_cloudwatch_log_group.");
  for (const stack of ["cluster", "platform", "chat"]) expect(text(stack)).not.toMatch(/^ *\d+ +=/m);
  expect(text("platform")).toMatch(/^provider "helm" \{\nkubernetes = \{\n.*?^exec = \{\n/ms);
  expect(text("platform")).toMatch(/^exec \{$/m); // of the kubernetes provider, where it is a block
  expect(text("chat")).toContain("depends_on = [\nkubernetes_namespace_v1.");
  expect(text("chat")).toContain("ignore_changes = [\nspec[0].replicas,\n]");
});

it("HCL of a custom resource: lists are lists, with objects and lists inside", () => {
  const written = [
    "manifest = {",
    "triggers = {",
    "0 = {",
    'type = "a"',
    "ports = {",
    "0 = 1",
    "1 = 2",
    "}",
    "}",
    '1 = "b"',
    "}",
    'kind = "X"',
    "}",
  ];
  const expected = [
    "manifest = {",
    "triggers = [",
    "{",
    'type = "a"',
    "ports = [",
    "1,",
    "2,",
    "]",
    "},",
    '"b",',
    "]",
    'kind = "X"',
    "}",
  ];
  expect(repairHcl(written.join("\n"), OLDEST_TERRAFORM)).toBe(expected.join("\n"));
});
