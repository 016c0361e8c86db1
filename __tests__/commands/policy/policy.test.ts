import { readFileSync } from "node:fs";
import { join } from "node:path";

import { checkovArguments, passed, readable } from "../../../commands/policy/main";
import { ChatStack } from "../../../stacks/chat-stack";
import { eksConfig, SAMPLE_PLAN } from "../../helpers/sample-config";
import { synthStack } from "../../helpers/synth-stack";

const CONFIG = readFileSync(join(__dirname, "..", "..", "..", ".checkov.yaml"), "utf8");

it("keeps the decisions of the file when an environment adds its own", () => {
  const args = checkovArguments("/somewhere", "skip-check:\n  - CKV_AWS_1\n  - CKV_AWS_2\n", ["CKV_K8S_15"]);
  expect(args.slice(2)).toEqual(["--directory", "/somewhere", "--skip-check", "CKV_AWS_1,CKV_AWS_2,CKV_K8S_15"]);
});

it("gives a reason for every rule that is skipped", () => {
  const lines = CONFIG.split("\n");
  const skipped = lines.flatMap((line, index) => (/^ {2}- CKV/.test(line) ? [index] : []));
  expect(skipped.length).toBeGreaterThan(0);
  for (const index of skipped) {
    // Rules below one another share the comment above the first.
    let above = index - 1;
    while (/^ {2}- CKV/.test(lines[above] ?? "")) above -= 1;
    expect([lines[index], lines[above]]).toEqual([lines[index], expect.stringMatching(/^ {2}# .{20}/)]);
  }
});

it("takes out the required version, which checkov cannot read, and nothing else", () => {
  const { text } = synthStack(
    (app) =>
      new ChatStack(app, { config: eksConfig({ apiKeys: { source: "terraform-variable" } }), plan: SAMPLE_PLAN }),
  );
  const { terraform, ...rest } = JSON.parse(text) as { terraform: Record<string, unknown> };
  expect(terraform).toHaveProperty("required_version");
  delete terraform["required_version"];
  expect(JSON.parse(readable(text))).toEqual({ terraform, ...rest });
});

it("passes only what checkov has read and found nothing wrong with", () => {
  const summary = "Passed checks: 104, Failed checks: 0, Skipped checks: 0";
  expect(passed(0, summary)).toBe(true);
  expect(passed(1, summary)).toBe(false);
  expect(passed(null, summary)).toBe(false);
  expect(passed(0, "Passed checks: 0, Failed checks: 0, Skipped checks: 0")).toBe(false);
  expect(passed(0, `${summary}, Parsing errors: 1`)).toBe(false);
  expect(passed(0, `Failed to parse template: cdk.tf.json\n${summary}`)).toBe(false);
});
