/** The admission in front of vLLM answers as the service of this repository does. Needs python3, and nothing of vLLM. */
import { afterAll, describe, expect, it } from "@jest/globals";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KEY = "k".repeat(32);
const folder = mkdtempSync(join(tmpdir(), "carepath-gate-"));
const keysFile = join(folder, "keys");
writeFileSync(keysFile, `# the old one\n\n${KEY}\nsecond-key\n`);
afterAll(() => rmSync(folder, { recursive: true }));

interface Request {
  readonly type?: string;
  readonly path?: string;
  readonly authorization?: string;
  readonly hold?: boolean;
}

interface Answer {
  readonly status: number | string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: Readonly<Record<string, unknown>> } | null;
}

/** What each request gets, and how many are left inside in the end. */
function ask(requests: readonly Request[], env: NodeJS.ProcessEnv = { API_KEYS_FILE: keysFile }): [Answer[], number] {
  const output = execFileSync("python3", ["__tests__/clients/gate_calls.py", "constructs/kubernetes"], {
    input: JSON.stringify(requests),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PARALLEL_SLOTS: "1", MAX_QUEUE: "1", ...env },
  });
  const all = JSON.parse(output.toString()) as (Answer & { present?: number })[];
  const last = all.pop();
  return [all, last?.present ?? -1];
}

const bearer = (key: string): Request => ({ authorization: `Bearer ${key}` });
const statuses = ([answers]: [Answer[], number]) => answers.map(({ status }) => status);
const suite = spawnSync("python3", ["--version"]).status === 0 ? describe : describe.skip;

suite("the gate", () => {
  it("lets in who sends one of the keys, in any spelling of the scheme", () => {
    const good = [bearer(KEY), bearer("second-key"), { authorization: `bearer  ${KEY} ` }];
    expect(statuses(ask(good))).toEqual([200, 200, 200]);
  });

  it("answers 401 in the words of the service to everyone else, whatever the path", () => {
    const [[missing, wrong, comment, empty, other]] = ask([
      {},
      bearer("wrong"),
      bearer("# the old one"),
      { authorization: "Bearer " },
      { path: "/tokenize" },
    ]);
    expect(missing).toEqual({
      status: 401,
      headers: expect.objectContaining({ "content-type": "application/json", "www-authenticate": "Bearer" }) as unknown,
      body: {
        error: {
          message: 'This service needs an API key. Send it as "Authorization: Bearer KEY".',
          type: "authentication_error",
          param: null,
          code: "missing_api_key",
        },
      },
    });
    expect(wrong?.body?.error).toMatchObject({ message: "The API key is not valid.", code: "invalid_api_key" });
    expect([comment, empty, other].map((answer) => answer?.status)).toEqual([401, 401, 401]);
  });

  it("a file that is gone admits no one, and without a file no key is asked for", () => {
    expect(statuses(ask([bearer(KEY)], { API_KEYS_FILE: join(folder, "gone") }))).toEqual([401]);
    expect(statuses(ask([{}], {}))).toEqual([200]);
  });

  it("probes and Prometheus need no key, under these two spellings only", () => {
    const paths = ["/health", "/metrics", "/metrics/", "//metrics", "/%6detrics", "/health/x"];
    expect(statuses(ask(paths.map((path) => ({ path }))))).toEqual([200, 200, 401, 401, 401, 401]);
  });

  it("one more than the slots and the queue hold gets 429, and probes still pass", () => {
    const held = { ...bearer(KEY), hold: true };
    const [answers, present] = ask([held, held, bearer(KEY), { path: "/health" }]);
    expect(answers.map(({ status }) => status)).toEqual([429, 200]);
    expect(answers[0]).toMatchObject({
      headers: { "retry-after": "5" },
      body: { error: { type: "rate_limit_error", code: "queue_full" } },
    });
    expect(present).toBe(0);
    expect(statuses(ask([held, bearer(KEY)]))).toEqual([200]);
  });

  it("closes what is no HTTP, and lets the server start", () => {
    const answers = ask([{ type: "websocket" }, { type: "lifespan" }]);
    expect(statuses(answers)).toEqual(["websocket.close", 200]);
  });
});
