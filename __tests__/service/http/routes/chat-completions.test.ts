import { afterEach, describe, expect, it } from "@jest/globals";
import OpenAI from "openai";
import { PromptTooLongError, UnsupportedRequestError } from "../../../../service/src/engine/engine.js";
import { officialClient, postJson } from "../../../helpers/chat-client";
import { FakeEngine, gate } from "../../../helpers/fake-engine";
import { closeHttpServices, httpService, until, type HttpServiceOptions } from "../../../helpers/http-service";

afterEach(closeHttpServices);

const ASK = { model: "fake-model", messages: [{ role: "user" as const, content: "Hi" }] };

async function connect(engine: FakeEngine, options: Partial<HttpServiceOptions> = {}) {
  const service = await httpService({ engine, ...options });
  const origin = await service.listen();
  const post = (headers = {}) => postJson(`${origin}/v1/chat/completions`, { ...ASK, stream: true }, { headers });
  return { service, origin, client: officialClient(origin), post };
}

/** The error that the official client makes of an answer. */
async function refusal(call: PromiseLike<unknown>) {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) {
      return {
        status: error.status as number | undefined,
        code: error.code,
        param: error.param,
        message: error.message,
        headers: error.headers as Headers | undefined,
      };
    }
    throw error;
  }
  throw new Error("the call succeeded");
}

describe("the official client", () => {
  it("gets a whole answer with usage", async () => {
    const { client } = await connect(
      new FakeEngine(2, { reasoning: ["Hm."], promptTokens: 7, cachedTokens: 4, finishReason: "length" }),
    );
    const completion = await client.chat.completions.create(ASK);
    expect(completion).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "fake-model",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello there", reasoning_content: "Hm.", refusal: null },
          logprobs: null,
          finish_reason: "length",
        },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 4 } },
    });
  });

  it("streams role, reasoning, content, finish and usage under one id", async () => {
    const { client } = await connect(new FakeEngine(2, { reasoning: ["Hm."] }));
    const stream = await client.chat.completions.create({
      ...ASK,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: "Hm." },
      { content: "Hello" },
      { content: " there" },
      {},
      undefined,
    ]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, null, "stop", undefined]);
    expect(chunks.map(({ usage }) => usage?.total_tokens ?? 0)).toEqual([0, 0, 0, 0, 0, 10]);
  });

  it("gets no usage in a stream that did not ask for it, and its helper assembles the answer", async () => {
    const { client } = await connect(new FakeEngine());
    const stream = client.chat.completions.stream(ASK);
    const final = await stream.finalChatCompletion();
    expect([final.choices[0]?.message.content, final.usage]).toEqual(["Hello there", undefined]);
  });

  it("does not see the place in line, which a stream that asked for it has as comments", async () => {
    const hold = gate();
    const engine = new FakeEngine(1, (_, index) => (index === 0 ? { hold: hold.promise } : {}));
    const { client, origin } = await connect(engine);
    const first = client.chat.completions.create(ASK);
    await until(() => engine.running === 1, "the slot is taken");
    // The client's types do not know the option; the client sends it all the same.
    const options: object = { include_queue: true };
    const body = { ...ASK, stream: true, stream_options: options } as const;
    const raw = await postJson(`${origin}/v1/chat/completions`, body);
    expect(raw.status).toBe(200);
    const behind = client.chat.completions.stream(body).finalChatCompletion();
    hold.open();
    expect(await raw.text()).toMatch(/^: queue 1\n\ndata: \{/);
    expect((await behind).choices[0]?.message.content).toBe("Hello there");
    await first;
  });

  it.each([false, true])("gets 400 with both numbers for a prompt that is too long (stream: %s)", async (stream) => {
    const { client } = await connect(new FakeEngine(1, { refuse: new PromptTooLongError(5000, 4096) }));
    const error = await refusal(client.chat.completions.create({ ...ASK, stream }));
    expect(error).toMatchObject({ status: 400, code: "context_length_exceeded", param: "messages" });
    expect(error.message).toContain("5000 tokens");
    expect(error.message).toContain("4096");
  });

  it("gets 400 with the path for a schema that cannot become a grammar", async () => {
    const refuse = new UnsupportedRequestError(
      "response_format.json_schema.schema.pattern",
      "pattern is not supported.",
    );
    const { client } = await connect(new FakeEngine(1, { refuse }));
    expect(await refusal(client.chat.completions.create(ASK))).toMatchObject({
      status: 400,
      code: "unsupported_request",
      param: "response_format.json_schema.schema.pattern",
    });
  });

  it.each([false, true])("gets 500 without a detail when the engine fails (stream: %s)", async (stream) => {
    const { client } = await connect(new FakeEngine(1, { refuse: new Error("secret detail") }));
    const error = await refusal(client.chat.completions.create({ ...ASK, stream }));
    expect(error).toMatchObject({ status: 500, code: "internal_error" });
    expect(error.message).not.toContain("secret");
  });

  it("gets the error as an event when the stream has begun", async () => {
    const { client, service } = await connect(new FakeEngine(1, { fail: new Error("secret detail") }));
    const stream = await client.chat.completions.create({ ...ASK, stream: true });
    let text = "";
    const error = await refusal(
      (async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      })(),
    );
    expect([text, error.code]).toEqual(["Hello there", "internal_error"]);
    await until(() => service.logLines().some(({ status }) => status === 500), "the log says how it ended");
  });

  it("gets 429 with Retry-After when the queue is full, and 503 while the model loads or the service drains", async () => {
    const hold = gate();
    const { client, service } = await connect(new FakeEngine(1, { hold: hold.promise }), { settings: { maxQueue: 0 } });
    const first = client.chat.completions.create(ASK);
    await until(() => service.occupancy.running === 1, "the slot is taken");
    const full = await refusal(client.chat.completions.create(ASK));
    expect(full).toMatchObject({ status: 429, code: "queue_full" });
    expect(full.headers?.get("retry-after")).toBe("10");
    hold.open();
    await first;

    service.lifecycle.become({ status: "draining", phase: "draining" });
    expect(await refusal(client.chat.completions.create(ASK))).toMatchObject({ status: 503, code: "draining" });
    service.lifecycle.become({ status: "loading", phase: "loading", progress: 0.5, phase_seconds: { loading: 12 } });
    const loading = await refusal(client.chat.completions.create(ASK));
    expect(loading).toMatchObject({
      status: 503,
      code: "model_not_ready",
      message: "503 The model is not ready yet (loading). GET /ready shows the progress.",
    });
    expect(loading.headers?.get("retry-after")).toBe("12");
  });

  it("is told not to repeat a request that ran into its deadline", async () => {
    const engine = new FakeEngine(1, { prefill: gate().promise });
    const { client } = await connect(engine, { settings: { requestTimeoutSeconds: 0.05 } });
    const error = await refusal(client.chat.completions.create(ASK, { maxRetries: 2 }));
    expect(error).toMatchObject({ status: 503, code: "deadline_exceeded" });
    expect(engine.requests).toHaveLength(1);
  });

  it("stops the generation when it aborts: waiting, while the prompt is read, and in mid-answer", async () => {
    const engine = new FakeEngine(1, (_, index) =>
      index === 0 ? { prefill: gate().promise } : { hold: gate().promise },
    );
    const { client, service } = await connect(engine);
    const abort = [0, 1, 2].map(() => new AbortController());
    const calls = [];
    for (const [index, { signal }] of abort.entries()) {
      calls.push(client.chat.completions.create(ASK, { signal }).catch((error: unknown) => error));
      await until(() => service.occupancy.running + service.occupancy.waiting === index + 1, "admitted");
    }
    abort[1]?.abort();
    await until(() => service.occupancy.waiting === 1, "the second left the queue");
    abort[0]?.abort();
    await until(() => engine.requests.length === 2, "the third got the slot of the first");
    expect(engine.aborted).toBe(1);
    abort[2]?.abort();
    await until(() => engine.running === 0, "the slot is free");
    expect([engine.aborted, service.occupancy.running]).toEqual([2, 0]);
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(OpenAI.APIUserAbortError);
    await until(() => service.logLines().filter(({ status }) => status === 499).length === 3, "three lines with 499");
  });
});

describe("the stream on the wire", () => {
  it("sends heartbeats while it waits and while the prompt is read, and then headers that stop proxies from buffering", async () => {
    const prefill = gate();
    const engine = new FakeEngine(1, { prefill: prefill.promise });
    const { post, service } = await connect(engine, { settings: { heartbeatSeconds: 0.02 } });
    const first = await post();
    const second = await post({ "x-request-id": "trace-7" }); // Its head comes with a heartbeat: it waits behind the first.
    expect([service.occupancy.running, service.occupancy.waiting]).toEqual([1, 1]);
    const headers = {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-request-id": "trace-7",
      "x-content-type-options": "nosniff",
    };
    const sent = Object.keys(headers).map((name) => [name, second.headers.get(name)]);
    expect(Object.fromEntries(sent)).toEqual(headers);
    await new Promise((resolve) => setTimeout(resolve, 100));
    prefill.open();
    const texts = await Promise.all([first.text(), second.text()]);
    for (const text of texts) expect(text.match(/^: heartbeat$/gm)?.length).toBeGreaterThan(1);
    expect(texts[0].indexOf("data: ")).toBeLessThan(texts[0].indexOf(": heartbeat"));
    expect(texts[1].indexOf(": heartbeat")).toBeLessThan(texts[1].indexOf("data: "));
    for (const text of texts) expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("ends what is left of a drain with an error event", async () => {
    const { post, service } = await connect(new FakeEngine(1, { hold: gate().promise }));
    const response = await post();
    await service.admission.drain(1);
    const events = (await response.text()).split("\n\n").filter((event) => event !== "");
    expect(JSON.parse(events.at(-1)?.replace("data: ", "") ?? "")).toMatchObject({
      error: { code: "draining", type: "server_error" },
    });
  });
});
