import { afterEach, describe, expect, it } from "@jest/globals";
import { FakeEngine } from "../../helpers/fake-engine";
import { apiKeysOf, closeHttpServices, httpService } from "../../helpers/http-service";
import { exchange } from "../../helpers/raw-http";

afterEach(closeHttpServices);

const PROTECTED = [
  ["POST", "/v1/chat/completions"],
  ["GET", "/v1/models"],
  ["POST", "/triage"],
] as ["GET" | "POST", string][];
const OPEN = [
  "/health",
  "/ready",
  "/metrics",
  "/",
  "/scripts/main.js",
  "/scripts/contract.js",
  "/styles/base.css",
  "/vendor/marked.js",
  "/icon.svg",
] as const;

async function keyedService() {
  return httpService({ engine: new FakeEngine(), apiKeys: apiKeysOf("good-key") });
}

describe("API keys", () => {
  it.each(PROTECTED)("%s %s needs one, before the body is looked at", async (method, url) => {
    const { app } = await keyedService();
    const missing = await app.inject({ method, url });
    expect([missing.statusCode, missing.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(missing.json()).toEqual({
      error: {
        message: 'This service needs an API key. Send it as "Authorization: Bearer KEY".',
        type: "authentication_error",
        param: null,
        code: "missing_api_key",
      },
    });
    const wrong = await app.inject({ method, url, headers: { authorization: "Bearer bad-key" } });
    expect([wrong.statusCode, wrong.json<{ error: { code: string } }>().error.code]).toEqual([401, "invalid_api_key"]);
    const right = await app.inject({ method, url, headers: { authorization: "Bearer good-key" } });
    expect(right.statusCode).not.toBe(401);
  });

  it.each(OPEN)("GET and HEAD %s need none", async (url) => {
    const { app } = await keyedService();
    expect((await app.inject({ url })).statusCode).toBe(200);
    const head = await app.inject({ method: "HEAD", url });
    expect([head.statusCode, head.body]).toEqual([200, ""]);
  });
});

describe("a service without keys on the loopback address", () => {
  it.each([
    ["localhost:8002", 200],
    ["127.0.0.1", 200],
    ["[::1]:8002", 200],
    ["LOCALHOST", 200],
    ["evil.example", 403],
    ["127.0.0.1.evil.example", 403],
    ["localhost.evil.example:8002", 403],
  ])("answers a request for the host %s with %i", async (host, status) => {
    const { app } = await httpService({ engine: new FakeEngine() });
    expect((await app.inject({ url: "/v1/models", headers: { host } })).statusCode).toBe(status);
    expect((await app.inject({ url: "/health", headers: { host } })).statusCode).toBe(200);
  });

  it("takes any host when keys are not required, or when it listens for other machines", async () => {
    for (const settings of [{ allowAnonymous: true }, { host: "0.0.0.0" }]) {
      const { app } = await httpService({ engine: new FakeEngine(), settings });
      expect((await app.inject({ url: "/v1/models", headers: { host: "chat.example" } })).statusCode).toBe(200);
    }
  });
});

describe("headers", () => {
  it.each(["/health", "/v1/models", "/nowhere", "/"])(
    "of %s keep browsers from guessing, framing, storing and sharing",
    async (url) => {
      const { app } = await httpService({ engine: new FakeEngine() });
      const { headers } = await app.inject({ url, headers: { origin: "https://elsewhere.example" } });
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": url === "/" ? "no-cache" : "no-store",
      });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
      expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|https?:/);
    },
  );

  it("refuse the preflight of another origin", async () => {
    const { app } = await httpService({ engine: new FakeEngine() });
    const headers = { origin: "https://elsewhere.example", "access-control-request-method": "POST" };
    const response = await app.inject({ method: "OPTIONS", url: "/v1/chat/completions", headers });
    expect(response.statusCode).toBe(404);
    expect(response.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it.each([
    ["trace-1.a_B", "trace-1.a_B"],
    ["a".repeat(128), "a".repeat(128)],
    ["a".repeat(129), undefined],
    ["two words", undefined],
    ['quote"', undefined],
    ["", undefined],
  ])("echo the request id %j only where it is fit for a log", async (given, kept) => {
    const { app } = await httpService({ engine: new FakeEngine() });
    const { headers } = await app.inject({ url: "/nowhere", headers: { "x-request-id": given } });
    if (kept === undefined) expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    else expect(headers["x-request-id"]).toBe(kept);
  });

  it("let a browser keep the page until it changes", async () => {
    const { app } = await httpService({ engine: new FakeEngine() });
    const first = await app.inject({ url: "/scripts/main.js" });
    const again = await app.inject({ url: "/scripts/main.js", headers: { "if-none-match": first.headers.etag ?? "" } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
    expect(first.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  });

  it("belong to a page without anything inline or from elsewhere", async () => {
    const { app } = await httpService({ engine: new FakeEngine() });
    const { body } = await app.inject({ url: "/" });
    expect(body).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son[a-z]+=|https?:\/\/|javascript:/i);
  });
});

describe("what is not HTTP", () => {
  async function raw(text: string): Promise<string> {
    const service = await httpService({ engine: new FakeEngine() });
    const answer = await exchange(await service.listen(), text);
    expect(service.logText()).not.toContain("SECRET");
    return answer;
  }

  it("is answered 400 and leaves no trace of itself in the log", async () => {
    const answer = await raw("SECRET nonsense\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"malformed_http"');
  });

  it("with too many headers is answered 431", async () => {
    const answer = await raw(
      `GET /health HTTP/1.1\r\nhost: a\r\nauthorization: Bearer SECRET\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

it("bounds how long a client may take to send its request, and keeps idle connections as long as the setting says", async () => {
  const { app } = await httpService({ engine: new FakeEngine(), settings: { keepAliveSeconds: 620 } });
  const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = app.server;
  expect({ headersTimeout, requestTimeout, keepAliveTimeout, timeout }).toEqual({
    headersTimeout: 15_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 620_000,
    timeout: 0,
  });
});
