import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { connect as connectSocket } from "node:net";
import { PromptTooLongError } from "../../../service/src/engine/engine.js";
import { postJson } from "../../helpers/chat-client";
import { FakeEngine, gate } from "../../helpers/fake-engine";
import { closeHttpServices, httpService, until } from "../../helpers/http-service";

jest.setTimeout(30_000);
afterEach(closeHttpServices);

const BODY = { messages: [{ role: "user", content: "Hi" }] };
const post = (origin: string, body: object, init = {}) => postJson(`${origin}/v1/chat/completions`, body, init);

describe("64 clients against 2 slots", () => {
  it("are answered or refused, never lost, in order and never more than two at once", async () => {
    const engine = new FakeEngine(2, (request) => ({ pieces: [`echo ${request.messages[0]?.content ?? ""}`] }));
    const service = await httpService({ engine, settings: { maxQueue: 16 } });
    const origin = await service.listen();
    const results = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const stream = index % 2 === 0;
        const response = await post(origin, { messages: [{ role: "user", content: `<${index}>` }], stream });
        return {
          index,
          status: response.status,
          retryAfter: response.headers.get("retry-after"),
          text: await response.text(),
        };
      }),
    );
    const answered = results.filter(({ status }) => status === 200);
    const refused = results.filter(({ status }) => status === 429);
    expect(answered.length + refused.length).toBe(64);
    expect(answered.length).toBeGreaterThanOrEqual(18);
    for (const { index, text } of answered) expect(text).toContain(`echo <${index}>`);
    for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    expect(engine.peak).toBe(2);
    expect(engine.requests).toHaveLength(answered.length);
    const metrics = await service.metrics.registry.metrics();
    expect(metrics).toContain("carepath_queue_depth 0");
    expect(metrics).toContain("carepath_slots_busy 0");
    expect(metrics).toContain(`carepath_generated_tokens_total ${answered.length}`);
    if (refused.length > 0)
      expect(metrics).toContain(`carepath_requests_refused_total{reason="queue_full"} ${refused.length}`);
  });

  it("that all leave at any moment free every slot and place", async () => {
    const engine = new FakeEngine(2, { pieces: Array<string>(50).fill("word "), hold: gate().promise });
    const service = await httpService({ engine, settings: { maxQueue: 62 } });
    const origin = await service.listen();
    const clients = Array.from({ length: 64 }, (_, index) => {
      const controller = new AbortController();
      const call = post(origin, { ...BODY, stream: index % 2 === 0 }, { signal: controller.signal }).catch(
        () => undefined,
      );
      return { controller, call };
    });
    await until(() => service.occupancy.running + service.occupancy.waiting === 64, "all are admitted");
    // Every third first: places in the middle of the queue, then the rest.
    for (const [index, { controller }] of clients.entries()) if (index % 3 === 1) controller.abort();
    for (const { controller } of clients) {
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(clients.map(({ call }) => call));
    await until(() => service.occupancy.running + service.occupancy.waiting === 0, "all have left");
    expect(engine.running).toBe(0);
    expect(engine.peak).toBe(2);
    engine.answer = {};
    expect((await post(origin, BODY)).status).toBe(200);
  });

  it("refuses a prompt that does not fit before it waits in the queue", async () => {
    const held = gate();
    const engine = new FakeEngine(1, ({ messages }) =>
      messages[0]?.content === "long" ? { refuse: new PromptTooLongError(5000, 4096) } : { hold: held.promise },
    );
    const service = await httpService({ engine });
    const first = service.app.inject({ method: "POST", url: "/v1/chat/completions", payload: BODY });
    await until(() => engine.running === 1, "the only slot is busy");
    const payload = { messages: [{ role: "user", content: "long" }], stream: true };
    const refused = await service.app.inject({ method: "POST", url: "/v1/chat/completions", payload });
    expect([refused.statusCode, refused.json<{ error: { code: string } }>().error.code]).toEqual([
      400,
      "context_length_exceeded",
    ]);
    held.open();
    expect((await first).statusCode).toBe(200);
  });
});

describe("a client that does not read", () => {
  it("is given up when the buffer is full, while the others' answers go on", async () => {
    const flood = Array<string>(400).fill("x".repeat(64 * 1024));
    const engine = new FakeEngine(2, (request) =>
      request.messages[0]?.content === "slow" ? { pieces: flood, hold: gate().promise } : {},
    );
    const service = await httpService({ engine });
    const origin = new URL(await service.listen());
    const body = JSON.stringify({ messages: [{ role: "user", content: "slow" }], stream: true });
    const socket = connectSocket(Number(origin.port), origin.hostname);
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${origin.host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => engine.requests.length === 1, "the slow one is admitted");
    expect((await post(origin.origin, BODY)).status).toBe(200);
    await until(() => service.logLines().some(({ error_code }) => error_code === "slow_reader"), "it is given up");
    await until(() => engine.running === 0, "its slot is free");
    expect(await service.metrics.registry.metrics()).toContain(
      'carepath_requests_refused_total{reason="slow_reader"} 1',
    );
    socket.destroy();
  });
});

describe("a wedged engine", () => {
  it("turns /health to 503 when a running request has made no progress for the limit, and only then", async () => {
    const engine = new FakeEngine(1, { hold: gate().promise, ignoreAbort: true });
    const service = await httpService({ engine, settings: { engineStallSeconds: 1, requestTimeoutSeconds: 0.1 } });
    const origin = await service.listen();
    expect((await post(origin, BODY)).status).toBe(503);
    const health = await fetch(`${origin}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    await until(() => service.admission.stalledSeconds() >= 1, "a second has passed");
    const stalled = await fetch(`${origin}/health`);
    expect([stalled.status, await stalled.json()]).toEqual([
      503,
      { status: "stalled", error: "A running request has made no progress for 1 seconds; the limit is 1." },
    ]);
  });
});
