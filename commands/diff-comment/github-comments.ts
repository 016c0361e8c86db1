import { reach } from "../lib/reach";

/** One sticky comment a stack: the comment that starts with the marker is rewritten, or a first one is made. */
export interface CommentTarget {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
  readonly token: string;
  /** @default "https://api.github.com" */
  readonly apiUrl?: string;
}

interface ListedComment {
  readonly id: number;
  readonly body?: string | null;
  readonly user?: { readonly type?: string } | null;
}

const PAGE = 100;
const MOST_PAGES = 30;

/** Creates or rewrites the comment whose body starts with `marker`. Throws when GitHub refuses, with its answer. */
export async function upsertComment(
  target: CommentTarget,
  marker: string,
  body: string,
): Promise<"created" | "updated" | "unchanged"> {
  const present = await findComment(target, marker);
  if (present?.body === body) return "unchanged";
  if (present === undefined) {
    await request(target, "POST", `issues/${target.pullRequest}/comments`, { body });
    return "created";
  }
  await request(target, "PATCH", `issues/comments/${present.id}`, { body });
  return "updated";
}

/** Only a bot's comment is taken: anyone may write a comment with the marker in it. */
async function findComment(target: CommentTarget, marker: string): Promise<ListedComment | undefined> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const path = `issues/${target.pullRequest}/comments?per_page=${PAGE}&page=${page}`;
    const comments = (await request(target, "GET", path)) as ListedComment[];
    const found = comments.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(marker) === true);
    if (found !== undefined) return found;
    if (comments.length < PAGE) return undefined;
  }
  return undefined;
}

async function request(
  { apiUrl = "https://api.github.com", repository, token }: CommentTarget,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const unreachable = (reason: string) =>
    new Error(
      `GitHub cannot be reached at ${new URL(apiUrl).origin}: ${reason}. The comment was not written; run the job again.`,
    );
  const response = await reach(`${apiUrl}/repos/${repository}/${path}`, unreachable, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(
      `GitHub answered ${response.status} to ${method} ${path}: ${text.slice(0, 300)}. The token needs "pull-requests: write".`,
    );
  }
  return JSON.parse(text);
}
