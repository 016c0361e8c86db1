import { readFileSync } from "node:fs";
import { join } from "node:path";

import { COMMENT_LIMIT, marker, renderComment } from "../../../commands/diff-comment/comment";
import { sizeOf } from "../../../commands/diff-comment/markdown";
import { parsePlan, type Plan } from "../../../commands/diff-comment/plan";
import { environmentSecrets } from "../../../commands/diff-comment/secrets";

/** Plans of terraform 1.11.4 with the aws provider, recorded with mock credentials. */
function recorded(name: string): Plan {
  return parsePlan(readFileSync(join(__dirname, "../../fixtures/plans", `${name}.json`), "utf8"), name);
}

interface FakeChange {
  readonly type?: string;
  readonly name?: string;
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly [mark: string]: unknown;
}

function planOf(...changes: readonly FakeChange[]): Plan {
  const resources = changes.map(({ type = "kubernetes_service_v1", name = "x", ...change }) => ({
    address: `${type}.${name}`,
    mode: "managed",
    type,
    name,
    change,
  }));
  return parsePlan(JSON.stringify({ format_version: "1.2", resource_changes: resources }), "test plan");
}

function render(plan: Plan, more: Partial<Parameters<typeof renderComment>[0]> = {}): string {
  return renderComment({ stack: "carepath-demo-chat", result: { status: "planned", plan }, ...more });
}

describe("a recorded plan with every kind of change", () => {
  const comment = render(recorded("change"));

  it("starts with the marker by which it is found again, then the counts", () => {
    expect(comment.split("\n").slice(0, 3)).toEqual([
      "<!-- carepath-diff:carepath-demo-chat -->",
      "",
      "### carepath-demo-chat: 2 to create, 2 to change, 2 to replace, 1 to destroy",
    ]);
  });

  it("calls out what loses data before anything else", () => {
    expect(comment).toContain(
      [
        "> [!CAUTION]",
        "> **Data or running work is lost:**",
        "> - **replace** `aws_ebs_volume.cache` loses the data on the volume",
        "> - **destroy** `aws_ecr_repository.images` loses its images",
        "",
        "| | resource | |",
        "|---|---|---|",
        "| **replace** | `aws_ebs_volume.cache` | because of `availability_zone` |",
        "| **destroy** | `aws_ecr_repository.images` | no longer in the configuration |",
        "| **replace** | `terraform_data.chat` | because of `triggers_replace` |",
        "| change | `aws_cloudwatch_log_group.flow` |  |",
      ].join("\n"),
    );
  });

  it("folds the plan below, with what forces a replacement", () => {
    const [, plan] = comment.split("<details><summary>Plan</summary>");
    expect(plan).toContain('!    availability_zone = "us-east-1a" -> "us-east-1b"  # forces replacement\n');
    expect(plan).toContain("!    retention_in_days = 30 -> 14\n");
    expect(plan?.trimEnd().split("\n").at(-1)).toBe("<sub>Secrets are masked.</sub>");
  });

  it("shows no secret, not even where terraform has lost the mark", () => {
    const raw = readFileSync(join(__dirname, "../../fixtures/plans/change.json"), "utf8");
    expect(raw).toContain('"output":{"image":"chat:1","key":"not-a-real-key-0001"}');
    expect(comment).not.toContain("not-a-real-key");
    expect(comment).toContain('!    output = {"image":"chat:1","key":"(sensitive)"} -> (known after apply)');
    expect(comment).toContain("!    value = (sensitive) -> (sensitive)");
  });
});

it("says of a first deploy that it is one, and masks the secrets of what is created", () => {
  const comment = render(recorded("first-deploy"));
  expect(comment).toContain("This stack is not deployed yet: the plan is its first deploy.");
  expect(comment).toContain("+    value = (sensitive)");
  expect(comment).not.toContain("not-a-real-key");
  expect(comment).not.toContain("CAUTION");
});

it("says so when nothing changes, without an empty table", () => {
  const comment = render(planOf({ actions: ["no-op"] }, { actions: ["read"] }));
  expect(comment).toContain("### carepath-demo-chat: no changes");
  expect(comment).not.toContain("|---|");
});

it.each([
  ["kubernetes_persistent_volume_claim_v1", "the data on the volume, unless its reclaim policy is Retain"],
  ["kubernetes_namespace_v1", "everything in the namespace, its volumes included"],
  ["aws_s3_bucket", "its objects"],
  ["aws_ecr_repository", "its images"],
  ["aws_kms_key", "everything that it encrypted, once its waiting period ends"],
  ["aws_eks_cluster", "the cluster with everything that runs and is stored in it"],
])("warns of destroying and of replacing %s, not of changing it", (type, loss) => {
  expect(render(planOf({ type, actions: ["delete"] }))).toContain(`> - **destroy** \`${type}.x\` loses ${loss}\n`);
  expect(render(planOf({ type, actions: ["delete", "create"] }))).toContain(
    `> - **replace** \`${type}.x\` loses ${loss}\n`,
  );
  expect(render(planOf({ type, actions: ["create", "delete"] }))).toContain(
    `> - **replace** \`${type}.x\` loses ${loss}\n`,
  );
  expect(render(planOf({ type, actions: ["update"] }))).not.toContain("CAUTION");
});

it("names a stack that cannot be planned yet and what it waits for", () => {
  const comment = renderComment({ stack: "chat", result: { status: "waiting", missing: ["cluster", "platform"] } });
  expect(comment).toContain(
    `${marker("chat")}\n\n### chat: not deployed yet\n\nThis stack looks up what \`cluster\` and \`platform\` creates`,
  );
});

it("shows the end of the log of a diff that failed, without colours", () => {
  const log = `${"earlier\n".repeat(100)}\u001b[31mError:\u001b[0m no credentials\n`;
  const comment = renderComment({ stack: "chat", result: { status: "failed", log } });
  expect(comment).toContain("### chat: the diff failed");
  expect(comment).toContain("earlier\nError: no credentials\n```");
  expect(comment.split("earlier").length - 1).toBe(59);
});

it("masks what the environment keeps secret in the log of a diff that failed", () => {
  const secrets = environmentSecrets({
    TF_VAR_chat_api_keys: "first-key\nsecond-key",
    TF_VAR_enabled: "true",
    AWS_SECRET_ACCESS_KEY: "aws-secret",
    CAREPATH_ENV: "production",
  });
  const log = 'Error: true in production: "first-key", "second-key" and aws-secret';
  const comment = renderComment({ stack: "chat", result: { status: "failed", log }, secrets });
  expect(comment).toContain('Error: true in production: "(sensitive)", "(sensitive)" and (sensitive)\n');
});

it.each([
  ["a block whose attributes are shown", ["vpc_config"], "vpc_config.0.subnet"],
  ["an element of what is shown as one", ["vpc_config", 0, "subnet", "id"], "vpc_config.0.subnet"],
])("says what forces the replacement, where Terraform names %s", (_, path, shown) => {
  const comment = render(
    planOf({
      actions: ["delete", "create"],
      before: { vpc_config: [{ subnet: "a", other: 1 }] },
      after: { vpc_config: [{ subnet: "b", other: 1 }] },
      replace_paths: [path],
    }),
  );
  expect(comment).toContain(`!    ${shown} = "a" -> "b"  # forces replacement`);
});

describe("cutting", () => {
  const many = (count: number, value = "v".repeat(100)) =>
    planOf(
      ...Array.from({ length: count }, (_, index) => ({
        name: `n${index}`,
        actions: ["create"],
        after: { name: value, note: "é😀" },
      })),
    );

  it.each([10, 300, 700, 5000])("keeps %d changes within GitHub's limit, with every fence and fold closed", (count) => {
    const comment = render(many(count), { runUrl: "https://example.test/run/1" });
    expect(sizeOf(comment)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(comment.match(/^```/gm)).toHaveLength(2);
    expect(comment.match(/<details>/g)).toHaveLength(1);
    expect(comment.match(/<\/details>/g)).toHaveLength(1);
    const shown = comment.match(/^\+ create /gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(0);
    if (shown === count) expect(comment).not.toContain("not shown");
    else
      expect(comment).toContain(
        `${count - shown} changes are not shown here for lack of room; all of them are in [the log of this run](https://example.test/run/1).`,
      );
  });

  it("cuts a long value and says how long it is", () => {
    expect(render(planOf({ actions: ["create"], after: { policy: "p".repeat(1000) } }))).toContain(
      "... (1002 characters)",
    );
  });

  it("falls back to the heading when not even that leaves room", () => {
    const comment = render(many(50), { limit: 200 });
    expect(sizeOf(comment)).toBeLessThanOrEqual(200);
    expect(comment).toContain("the plan is too long for a comment");
  });
});

it("cannot be broken out of by the values in a plan", () => {
  const comment = render(
    planOf({ name: 'y["a|b"]', actions: ["update"], before: { a: "1" }, after: { a: "```\n</details>" } }),
  );
  expect(comment).toContain('| change | `kubernetes_service_v1.y["a\\|b"]` |  |');
  expect(comment).toContain("````diff\n");
});

it("hides what is marked sensitive as a whole, its keys included", () => {
  const comment = render(
    planOf({
      type: "kubernetes_secret_v1",
      actions: ["update"],
      before: { data: { hidden_name: "old-secret" }, copy: "carries old-secret inside" },
      after: { data: { hidden_name: "new-secret" }, copy: "carries new-secret inside" },
      before_sensitive: { data: true },
      after_sensitive: { data: true },
    }),
  );
  expect(comment).toContain("!    data = (sensitive) -> (sensitive)");
  expect(comment).toContain('!    copy = "carries (sensitive) inside" -> "carries (sensitive) inside"');
  expect(comment).not.toMatch(/hidden_name|old-secret|new-secret/);
});

describe("reading a plan", () => {
  it("refuses what is not JSON", () => {
    expect(() => parsePlan("Terraform will perform", "plan of chat")).toThrow(
      'plan of chat: not JSON. Write it with "terraform show -json <plan file>".',
    );
  });

  it("refuses another major format", () => {
    expect(() => parsePlan('{"format_version":"2.0"}', "plan of chat")).toThrow(
      'plan of chat: format_version: format_version is not 1.x: this renderer was written for the 1.x format. Write it with "terraform show -json <plan file>".',
    );
  });
});
