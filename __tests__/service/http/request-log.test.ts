import { afterEach, describe, expect, it } from "@jest/globals";
import { PassThrough } from "node:stream";
import { createLogger } from "../../../service/src/logging.js";
import { createMetrics } from "../../../service/src/metrics.js";
import { PromptTooLongError } from "../../../service/src/engine/engine.js";
import { FakeEngine, gate, type FakeAnswer } from "../../helpers/fake-engine";
import { apiKeysOf, closeHttpServices, httpService, until, type HttpService } from "../../helpers/http-service";

afterEach(closeHttpServices);

const CHAT = "/v1/chat/completions";
const chat = (content: string, more: object = {}) => ({ messages: [{ role: "user", content }], ...more });
const lines = (service: HttpService, route: string) => service.logLines().filter((line) => line["route"] === route);

describe("the log", () => {
  it("has one line a request with its times and token counts", async () => {
    const service = await httpService({ engine: new FakeEngine(1, { cachedTokens: 3 }) });
    await service.app.inject({ method: "POST", url: CHAT, payload: chat("Hi"), headers: { "x-request-id": "r-1" } });
    expect(lines(service, CHAT)).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        request_id: "r-1",
        msg: "request",
        method: "POST",
        route: CHAT,
        status: 200,
        duration_ms: expect.any(Number),
        stream: false,
        queue_ms: expect.any(Number),
        first_token_ms: expect.any(Number),
        prefill_ms: 10,
        decode_ms: 20,
        prompt_tokens: 7,
        cached_tokens: 3,
        completion_tokens: 2,
        finish_reason: "stop",
      },
    ]);
  });

  it("has the code of an error, and the status that a stream could no longer send", async () => {
    const service = await httpService({ engine: new FakeEngine(1, { fail: new Error("x") }) });
    await service.app.inject({ method: "POST", url: CHAT, payload: chat("Hi", { stream: true }) });
    await service.app.inject({ method: "POST", url: CHAT, payload: {} });
    await service.app.inject({ url: "/nowhere/MRN-1?key=MRN-1" });
    const facts = service.logLines().map(({ level, route, status, error_code }) => [level, route, status, error_code]);
    expect(facts).toEqual([
      ["warn", CHAT, 500, "internal_error"],
      ["info", CHAT, 400, "invalid_request"],
      ["info", "unmatched", 404, "not_found"],
    ]);
  });

  it("has a line for a probe only when its result changes", async () => {
    const service = await httpService({ engine: new FakeEngine() });
    const ask = async () => {
      for (const url of ["/health", "/ready", "/metrics"]) await service.app.inject({ url });
    };
    await ask();
    await ask();
    service.lifecycle.become({ status: "draining", phase: "draining" });
    await ask();
    await ask();
    service.lifecycle.become({ status: "ready", phase: "ready" });
    await ask();
    const statuses = ["/health", "/ready", "/metrics"].map((route) =>
      lines(service, route).map(({ status }) => status),
    );
    expect(statuses).toEqual([[200], [200, 503, 200], [200]]);
  });

  it("cuts out what is handed to it by accident", () => {
    const destination = new PassThrough();
    createLogger({ level: "info", destination }).info(
      { authorization: "Bearer x", req: { headers: "y" }, content: "z", ok: 1 },
      "m",
    );
    expect(JSON.parse(String(destination.read()))).toMatchObject({
      authorization: "[removed]",
      req: { headers: "[removed]" },
      content: "[removed]",
      ok: 1,
    });
  });
});

describe("privacy", () => {
  it("no prompt, answer, key or patient number is in the log or the metrics of a busy service", async () => {
    const answers: FakeAnswer[] = [
      { pieces: ["ANSWERWORD"], reasoning: ["THOUGHTWORD"] },
      { fail: new Error("ERRORWORD PROMPTWORD") },
      { refuse: new PromptTooLongError(5000, 4096) },
      { refuse: new SyntaxError('Unexpected token: "PROMPTWORD"') },
      { pieces: ["ANSWERWORD"], hold: gate().promise },
    ];
    const engine = new FakeEngine(1, ({ responseFormat }, index) =>
      responseFormat.type === "json_schema" ? { pieces: ["ANSWERWORD"] } : (answers[index % answers.length] ?? {}),
    );
    const service = await httpService({
      engine,
      apiKeys: apiKeysOf("KEYWORD-1"),
      settings: { requestTimeoutSeconds: 0.2, maxQueue: 1 },
    });
    const origin = await service.listen();
    const calls: Promise<unknown>[] = [];
    const bodies = [
      chat("PROMPTWORD"),
      chat("PROMPTWORD", { stream: true, user: "MRNWORD" }),
      { query: "PROMPTWORD", patient_mrn: "MRNWORD", context: "CONTEXTWORD" },
      { messages: [{ role: "PROMPTWORD" }] },
      "PROMPTWORD {",
    ];
    for (let round = 0; round < 12; round += 1) {
      const paths = [`${CHAT}?token=URLWORD`, "/triage", "/URLWORD"];
      for (const path of round % 2 === 0 ? paths : paths.reverse()) {
        for (const body of bodies) {
          const call = fetch(`${origin}${path}`, {
            method: "POST",
            headers: {
              "content-type": "application/json",
              authorization: `Bearer ${round % 4 === 3 ? "KEYWORD-2" : "KEYWORD-1"}`,
              cookie: "KEYWORD",
              "user-agent": "MRNWORD",
              "x-request-id": "MRNWORD is not an id",
            },
            body: typeof body === "string" ? body : JSON.stringify(body),
          });
          calls.push(call.then((response) => response.text()).catch(() => undefined));
        }
      }
      await Promise.all(calls.splice(0));
    }
    await service.app.inject({ url: "/metrics" });
    await until(() => service.logLines().length >= 180, "every request has its line");
    const statuses = new Set(service.logLines().map(({ status }) => status));
    expect([200, 400, 401, 404, 429, 500, 502, 503].filter((status) => !statuses.has(status))).toEqual([]);
    const written = service.logText() + (await service.metrics.registry.metrics());
    expect(written).not.toMatch(/(PROMPT|ANSWER|THOUGHT|KEY|MRN|CONTEXT|ERROR|URL)WORD/);
  }, 30_000);

  it("an unexpected error is logged by its class and place, without its message", async () => {
    const service = await httpService({ engine: new FakeEngine(1, { refuse: new RangeError("PROMPTWORD") }) });
    await service.app.inject({ method: "POST", url: CHAT, payload: chat("Hi") });
    const line = service.logLines().find(({ level }) => level === "error");
    expect(line).toMatchObject({ msg: "request failed unexpectedly", error_name: "RangeError" });
    expect((line?.["stack"] as string[])[0]).toMatch(/^at .*request-log/);
  });
});

describe("the metrics", () => {
  it("show requests, tokens and waits under the names that the runbook uses", async () => {
    const service = await httpService({ engine: new FakeEngine(2, { cachedTokens: 4 }) });
    service.lifecycle.cacheHit = true;
    await service.app.inject({ method: "POST", url: CHAT, payload: chat("Hi") });
    const { body, headers } = await service.app.inject({ url: "/metrics" });
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      `http_requests_total{method="POST",route="${CHAT}",status="200"} 1`,
      "carepath_ready 1",
      'carepath_phase{phase="ready"} 1',
      'carepath_phase{phase="loading"} 0',
      'carepath_load_phase_seconds{phase="loading"} 2.5',
      "carepath_model_cache_hit 1",
      "carepath_model_download_bytes_total 0",
      "carepath_slots 2",
      "carepath_slots_busy 0",
      "carepath_queue_depth 0",
      "carepath_prompt_tokens_total 7",
      "carepath_prompt_cached_tokens_total 4",
      "carepath_generated_tokens_total 2",
      "carepath_time_to_first_token_seconds_count 1",
      "carepath_inter_token_seconds_count 1",
      "carepath_queue_wait_seconds_count 1",
      "carepath_slot_hold_seconds_count 1",
    ]) {
      expect(body.split("\n")).toContain(line);
    }
    expect(body).not.toContain('carepath_load_phase_seconds{phase="ready"}');
  });

  it("leave the cache out while nothing is known of it", async () => {
    const service = await httpService({ engine: new FakeEngine() });
    const { body } = await service.app.inject({ url: "/metrics" });
    expect(body).not.toMatch(/^carepath_model_cache_hit /m);
  });

  it("follow the kernel's throttling counts, and have none where there is no quota", async () => {
    let reading: { periods: number; throttledPeriods: number; throttledSeconds: number } | undefined;
    const { registry } = createMetrics({ readThrottling: () => reading, processMetrics: false });
    reading = { periods: 100, throttledPeriods: 40, throttledSeconds: 1.5 };
    await registry.metrics();
    reading = { periods: 120, throttledPeriods: 41, throttledSeconds: 1.75 };
    const text = await registry.metrics();
    expect(text).toContain("carepath_cpu_periods_total 120");
    expect(text).toContain("carepath_cpu_throttled_periods_total 41");
    expect(text).toContain("carepath_cpu_throttled_seconds_total 1.75");
  });

  it("include the process unless they are told not to", async () => {
    expect(await createMetrics().registry.metrics()).toContain("process_cpu_user_seconds_total");
  });
});

describe("the probes", () => {
  it("/ready gives the report of the lifecycle, 200 only when ready", async () => {
    const service = await httpService({ engine: new FakeEngine() });
    for (const [status, phase, code] of [
      ["loading", "downloading", 503],
      ["ready", "ready", 200],
      ["draining", "draining", 503],
      ["failed", "failed", 503],
    ] as const) {
      service.lifecycle.become({ status, phase });
      const response = await service.app.inject({ url: "/ready" });
      expect([response.statusCode, response.json()]).toEqual([code, service.lifecycle.report()]);
    }
  });

  it("/health is 200 in every phase", async () => {
    const service = await httpService({ engine: new FakeEngine() });
    service.lifecycle.engine = undefined;
    for (const status of ["loading", "failed", "draining"] as const) {
      service.lifecycle.become({ status });
      expect((await service.app.inject({ url: "/health" })).statusCode).toBe(200);
    }
  });
});
