import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { upsertComment } from "../../../commands/diff-comment/github-comments";
import { main } from "../../../commands/diff-comment/main";
import { reviewStacks, type Run } from "../../../commands/diff-comment/review-stacks";
import { FakeGitHub } from "../../helpers/fake-github";

const fixture = (name: string) => readFileSync(join(__dirname, "../../fixtures/plans", `${name}.json`), "utf8");

describe("upsertComment", () => {
  let github: FakeGitHub;
  beforeEach(async () => {
    github = await FakeGitHub.start();
  });
  afterEach(() => github.stop());
  const target = () => ({ repository: "o/r", pullRequest: 7, token: "t0ken", apiUrl: github.url });

  it("creates the comment once, then rewrites the same one, and leaves an equal one alone", async () => {
    expect(await upsertComment(target(), "<!-- a -->", "<!-- a --> 1")).toBe("created");
    expect(await upsertComment(target(), "<!-- b -->", "<!-- b --> 1")).toBe("created");
    expect(await upsertComment(target(), "<!-- a -->", "<!-- a --> 2")).toBe("updated");
    expect(await upsertComment(target(), "<!-- a -->", "<!-- a --> 2")).toBe("unchanged");
    expect(github.comments.map(({ body }) => body)).toEqual(["<!-- a --> 2", "<!-- b --> 1"]);
    expect(github.requests[1]).toBe("POST /repos/o/r/issues/7/comments Bearer t0ken");
    expect(github.requests).toContain("PATCH /repos/o/r/issues/comments/1 Bearer t0ken");
  });

  it("finds its comment on a later page and ignores a person's comment with the marker", async () => {
    github.comments.push(
      ...Array.from({ length: 100 }, (_, index) => ({
        id: index + 1,
        body: "<!-- a --> mine",
        user: { type: "User" },
      })),
      { id: 101, body: "<!-- a --> old", user: { type: "Bot" } },
    );
    expect(await upsertComment(target(), "<!-- a -->", "<!-- a --> new")).toBe("updated");
    expect(github.comments[100]?.body).toBe("<!-- a --> new");
    expect(github.comments[0]?.body).toBe("<!-- a --> mine");
  });

  it("says what GitHub refused and what the token needs", async () => {
    github.refuse = 403;
    await expect(upsertComment(target(), "<!-- a -->", "x")).rejects.toThrow(
      'GitHub answered 403 to GET issues/7/comments?per_page=100&page=1: {"message":"Resource not accessible by integration"}. The token needs "pull-requests: write".',
    );
  });

  it("posts one comment a stack, and the exit code says that a diff failed", async () => {
    const folder = outputFolder();
    const env = { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "o/r", PULL_REQUEST: "7", GITHUB_API_URL: github.url };
    try {
      expect(
        await main(
          ["--post", "--out", folder],
          env,
          answers({ cluster: "change", platform: "change", chat: undefined }),
        ),
      ).toBe(1);
      expect(github.comments.map(({ body }) => body.split("\n")[2]?.split(":")[0])).toEqual([
        "### cluster",
        "### platform",
        "### chat",
      ]);
      expect(
        await main(
          ["--post", "--out", folder],
          env,
          answers({ cluster: "change", platform: "change", chat: "change" }),
        ),
      ).toBe(0);
      expect(github.comments).toHaveLength(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it("refuses to post without knowing where", async () => {
  await expect(main(["--post"], { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "o/r", PULL_REQUEST: "" })).rejects.toThrow(
    "--post needs GITHUB_TOKEN, GITHUB_REPOSITORY and PULL_REQUEST (its number): it is meant for GitHub Actions.",
  );
});

describe("reviewStacks", () => {
  let folder: string;
  beforeEach(() => {
    folder = outputFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const statuses = (run: Run) => reviewStacks(folder, run).map(({ stack, result }) => `${stack} ${result.status}`);

  it("plans the stacks in the order of deployment, by the command of the laptop", () => {
    const calls: string[] = [];
    const run = answers({ cluster: "change", platform: "change", chat: "change" });
    expect(statuses((command, args) => (calls.push([command, ...args].join(" ")), run(command, args)))).toEqual([
      "cluster planned",
      "platform planned",
      "chat planned",
    ]);
    expect(calls.slice(0, 2)).toEqual([
      "npm run --silent diff -- cluster --skip-synth",
      `terraform -chdir=${join(folder, "stacks/cluster")} show -json plan`,
    ]);
  });

  it("does not plan what looks up a stack that is not deployed", () => {
    expect(statuses(answers({ cluster: "first-deploy" }))).toEqual([
      "cluster planned",
      "platform waiting",
      "chat waiting",
    ]);
    expect(reviewStacks(folder, answers({ cluster: "first-deploy" }))[2]?.result).toEqual({
      status: "waiting",
      missing: ["platform"],
    });
  });

  it("reports a diff that failed and still tries the stacks behind it", () => {
    expect(statuses(answers({ cluster: undefined, platform: "change", chat: "change" }))).toEqual([
      "cluster failed",
      "platform planned",
      "chat planned",
    ]);
  });
});

/** A `cdktf.out` with three stacks, named in another order than they are deployed in. */
function outputFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "diff-comment-"));
  const stack = (name: string, dependencies: string[]) => ({ name, workingDirectory: `stacks/${name}`, dependencies });
  const stacks = {
    chat: stack("chat", ["platform"]),
    cluster: stack("cluster", []),
    platform: stack("platform", ["cluster"]),
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ version: "0.21.0", stacks }));
  return folder;
}

/** Answers as cdktf and terraform do: a fixture for each stack, or a failing diff. */
function answers(plans: Readonly<Record<string, string | undefined>>): Run {
  return (command, args) => {
    const stack = command === "npm" ? args[4] : args[0]?.split("/").at(-1);
    const plan = plans[stack ?? ""];
    if (plan === undefined) return { status: 1, stdout: "", log: "Error: no credentials" };
    return { status: 0, stdout: command === "npm" ? "" : fixture(plan), log: "" };
  };
}
