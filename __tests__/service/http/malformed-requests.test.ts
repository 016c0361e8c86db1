import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { FakeEngine } from "../../helpers/fake-engine";
import { closeHttpServices, httpService, type HttpService } from "../../helpers/http-service";
import { exchange } from "../../helpers/raw-http";

jest.setTimeout(60_000);

let service: HttpService;
const engine = new FakeEngine(2, {
  pieces: ['{"summary":"An itch.","red_flags":[],"urgency":"routine","advice":["Wait a day."]}'],
});
let origin: string;
beforeAll(async () => {
  service = await httpService({ engine });
  origin = await service.listen();
});
afterAll(closeHttpServices);

async function send(url: string, payload: string | Buffer, type = "application/json") {
  const response = await service.app.inject({ method: "POST", url, payload, headers: { "content-type": type } });
  return { status: response.statusCode, body: response.body };
}

/** 200, or an error of the client's in OpenAI's shape. */
function expectClean({ status, body }: { status: number; body: string }): void {
  if (status === 200) return;
  expect([400, 404, 413, 415]).toContain(status);
  const { error } = JSON.parse(body) as { error: Record<string, unknown> };
  expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  expect(error).toMatchObject({ type: "invalid_request_error", code: expect.stringMatching(/^[a-z_]+$/) });
  expect(error["message"]).not.toBe("");
}

const VALID = {
  model: "fake-model",
  messages: [{ role: "user", content: "Hi" }],
  stream: false,
  stream_options: { include_usage: true },
  max_tokens: 10,
  max_completion_tokens: 10,
  temperature: 0.5,
  top_p: 0.5,
  top_k: 5,
  seed: 7,
  stop: ["x"],
  presence_penalty: 0,
  frequency_penalty: 0,
  response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } },
  n: 1,
  logprobs: false,
  logit_bias: {},
  tools: [],
  modalities: ["text"],
};

describe("malformed requests", () => {
  it("bytes that are not JSON never become a server error", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("/v1/chat/completions", "/triage"),
        async (bytes, url) => {
          const answer = await send(url, Buffer.from(bytes));
          expect(answer.status).toBe(400);
          expectClean(answer);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("any JSON value never becomes a server error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom("/v1/chat/completions", "/triage"), async (value, url) => {
        expectClean(await send(url, JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  it("any JSON value in any field of a good request never becomes a server error", async () => {
    const fields = fc.constantFrom(...Object.keys(VALID));
    await fc.assert(
      fc.asyncProperty(fields, fc.jsonValue(), async (field, value) => {
        expectClean(await send("/v1/chat/completions", JSON.stringify({ ...VALID, [field]: value })));
      }),
      { numRuns: 500 },
    );
  });

  it("any message with any role and any content never becomes a server error", async () => {
    const role = fc.oneof(fc.constantFrom("system", "developer", "user", "assistant", "tool"), fc.string());
    const content = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.jsonValue(),
      fc.array(fc.record({ type: fc.constantFrom("text", "image_url"), text: fc.string() })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ role, content }), { maxLength: 4 }), async (messages) => {
        expectClean(await send("/v1/chat/completions", JSON.stringify({ messages })));
      }),
      { numRuns: 300 },
    );
  });

  it("half a surrogate pair reaches the engine as a character that UTF-8 can hold", async () => {
    const { status } = await send("/v1/chat/completions", '{"messages":[{"role":"user","content":"a\\ud800b"}]}');
    expect([status, engine.requests.at(-1)?.messages[0]?.content]).toEqual([200, "a\ufffdb"]);
  });

  it("a body that is nested very deeply is refused", async () => {
    const depth = 400_000;
    expect(await send("/triage", "[".repeat(depth) + "]".repeat(depth))).toMatchObject({ status: 400 });
    const schema = '{"type":"array","items":'.repeat(5000) + "{}" + "}".repeat(5000);
    const body = `{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":${schema}}}}`;
    const answer = await send("/v1/chat/completions", body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { param: "response_format.json_schema.schema" } });
  });

  it.each([
    ['{"messages":[{"role":"user","content":"x"}],"__proto__":{"a":1}}', "application/json", 400, "invalid_json"],
    ["messages=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
    ['{"messages":[]}', "text/plain", 415, "unsupported_media_type"],
    ["", "application/json", 400, "invalid_json"],
    ["\ufeffnull", "application/json", 400, "invalid_request"],
  ])("%j as %s is %i %s", async (payload, type, status, code) => {
    const answer = await send("/v1/chat/completions", payload, type);
    expect([answer.status, (JSON.parse(answer.body) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ]);
  });

  it("a body that is JSON and has a key that is not read is told which", async () => {
    const answer = await send("/triage", '{"query":"x","context":{"__proto__":1}}');
    expect(answer.body).toContain("__proto__");
  });

  it("a body of a mebibyte is read, and one byte more is 413", async () => {
    const frame = '{"query":""}'.length;
    const fits = JSON.stringify({ query: "x".repeat(1024 * 1024 - frame) });
    expect((await send("/triage", fits)).status).toBe(200);
    const answer = await send("/triage", `${fits} `);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      413,
      {
        error: {
          message: "The body is longer than 1 MiB. Shorten the messages.",
          type: "invalid_request_error",
          param: null,
          code: "body_too_large",
        },
      },
    ]);
  });

  it.each(["/%zz", "/v1/%e0%a4%a"])("the address %s is refused as one, not as broken JSON", async (url) => {
    const { statusCode, body } = await service.app.inject({ method: "GET", url });
    expect([statusCode, (JSON.parse(body) as { error: { code: string } }).error.code]).toEqual([400, "invalid_url"]);
  });

  it.each([
    ["transfer-encoding", "gzip, chunked", 501, "unsupported_transfer_encoding"],
    ["transfer-encoding", "foo", 501, "unsupported_transfer_encoding"],
    ["content-encoding", "gzip", 415, "unsupported_content_encoding"],
  ])("%s: %s is refused as such, not as broken JSON", async (name, value, status, code) => {
    const answer = await exchange(
      origin,
      `POST /triage HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n` +
        `${name}: ${value}\r\n${name === "content-encoding" ? "content-length: 5\r\n" : ""}\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`"code":"${code}"`);
  });
});
