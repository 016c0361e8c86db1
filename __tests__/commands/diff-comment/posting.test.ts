import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { upsertComment } from "../../../commands/diff-comment/github-comments";
import { main } from "../../../commands/diff-comment/main";
import { FakeGitHub } from "../../helpers/fake-github";
import { FakeTerraform } from "../../helpers/fake-terraform";

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

  it("says that GitHub cannot be reached, and why", async () => {
    await expect(upsertComment({ ...target(), apiUrl: "http://127.0.0.1:9" }, "<!-- a -->", "x")).rejects.toThrow(
      /^GitHub cannot be reached at http:\/\/127\.0\.0\.1:9: .+\. The comment was not written; run the job again\.$/,
    );
  });

  it("posts one comment a stack, and the exit code says that a diff failed", async () => {
    const post = async (fake: FakeTerraform) => {
      const env = { ...fake.env, GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "o/r", PULL_REQUEST: "7" };
      try {
        return await main(["--post", "--out", dirname(fake.binary)], { ...env, GITHUB_API_URL: github.url });
      } finally {
        fake.remove();
      }
    };
    const output = [jest.spyOn(process.stdout, "write"), jest.spyOn(process.stderr, "write")];
    output.forEach((stream) => stream.mockReturnValue(true));
    expect(await post(fakeTerraform({ chat: { planFails: 1 } }))).toBe(1);
    expect(github.comments.map(({ body }) => body.split("\n")[2]?.split(":")[0])).toEqual([
      "### cluster",
      "### platform",
      "### chat",
    ]);
    expect(github.comments[2]?.body).toContain("this stack cannot be planned");
    expect(await post(fakeTerraform())).toBe(0);
    expect(github.comments).toHaveLength(3);
    const printed = output.flatMap((stream) => stream.mock.calls.map(([text]) => String(text))).join("");
    expect(printed).not.toContain("resource_changes");
    jest.restoreAllMocks();
  });
});

it("refuses to post without knowing where", async () => {
  await expect(main(["--post"], { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "o/r", PULL_REQUEST: "" })).rejects.toThrow(
    "--post needs GITHUB_TOKEN, GITHUB_REPOSITORY and PULL_REQUEST (its number): it is meant for GitHub Actions.",
  );
});

/** Three stacks, named in another order than they are deployed in; all of them are deployed and would change. */
function fakeTerraform({ chat }: { chat?: { planFails: number } } = {}): FakeTerraform {
  const changing = { deployed: true, plan: fixture("change") };
  return new FakeTerraform(mkdtempSync(join(tmpdir(), "diff-comment-")), {
    chat: { ...changing, dependencies: ["platform"], ...chat },
    cluster: changing,
    platform: { ...changing, dependencies: ["cluster"] },
  });
}
