import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import OpenAI from "openai";
import { type Engine } from "../../../service/src/engine/engine.js";
import { BOUNDS } from "../../../service/src/http/routes/triage-answer.js";
import { URGENCIES } from "../../../service/src/triage/urgency.js";
import { officialClient, postJson } from "../../helpers/chat-client";
import { closeHttpServices, httpService, until, type HttpService } from "../../helpers/http-service";
import { tinyEngine } from "../../helpers/tiny-engine";

jest.setTimeout(120_000);

/** The whole way from the official client to llama.cpp and back, on a model of random weights. */
describe("with llama.cpp", () => {
  let engine: Engine;
  let service: HttpService;
  let origin: string;
  let client: OpenAI;
  beforeAll(async () => {
    engine = await tinyEngine({ contextSize: 4096 });
    service = await httpService({ engine, settings: { maxTokens: 3500, maxQueue: 62 } });
    origin = await service.listen();
    client = officialClient(origin);
  });
  afterAll(async () => {
    await closeHttpServices();
    await engine.dispose();
  });

  const ask = (content: string, more: object = {}) => ({
    model: "tiny",
    max_completion_tokens: 12,
    temperature: 0,
    messages: [{ role: "user" as const, content }],
    ...more,
  });

  it("the official client gets the same words whole and streamed, with usage", async () => {
    const question = "Please tell me all about it. ".repeat(20);
    const whole = await client.chat.completions.create(ask(question));
    const stream = await client.chat.completions.create({
      ...ask(question),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).not.toBe("");
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(usage?.completion_tokens).toBe(whole.usage?.completion_tokens);
    expect(usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens);
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0);
  });

  it("max_tokens 0 reads the prompt into the cache and answers nothing, whole and streamed", async () => {
    const question = "Read this first, and answer later. ".repeat(20);
    const nothing = await client.chat.completions.create(ask(question, { max_completion_tokens: 0 }));
    expect(nothing.choices[0]).toMatchObject({ message: { content: "" }, finish_reason: "length" });
    expect(nothing.usage?.completion_tokens).toBe(0);
    const stream = client.chat.completions.stream(ask(question, { max_completion_tokens: 0, stream: true }));
    expect((await stream.finalChatCompletion()).choices[0]?.finish_reason).toBe("length");
    const { usage } = await client.chat.completions.create(ask(question));
    expect(usage?.prompt_tokens_details?.cached_tokens).toBe((usage?.prompt_tokens ?? 0) - 1);
  });

  it("a JSON object with a schema follows it, under llama-server's names too", async () => {
    const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
    for (const more of [{ response_format: { type: "json_object", schema } }, { json_schema: schema }]) {
      const { choices } = await client.chat.completions.create(
        ask("Well?", { ...more, min_p: 0.05, repeat_penalty: 1.1 }),
      );
      expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ ok: expect.any(Boolean) });
    }
  });

  it("a prompt longer than the context is 400 with both numbers", async () => {
    const call = client.chat.completions.create(ask("word ".repeat(3000)));
    await expect(call).rejects.toMatchObject({ status: 400, code: "context_length_exceeded", param: "messages" });
    await expect(call).rejects.toThrow(/have about \d{5} tokens, and the context of one slot holds 4096/);
  });

  it("a schema that cannot become a grammar is 400", async () => {
    const response_format = {
      type: "json_schema",
      json_schema: { name: "x", schema: { type: "object", patternProperties: {} } },
    };
    await expect(client.chat.completions.create(ask("Hi", { response_format }))).rejects.toMatchObject({
      status: 400,
      code: "unsupported_request",
    });
  });

  it.each(["My chest hurts", "头痛"])("triage of %j follows the schema with random weights", async (query) => {
    const response = await postJson(`${origin}/triage`, { query, patient_mrn: "MRN-7" });
    const body = (await response.json()) as Record<string, unknown> & {
      advice: string[];
      red_flags: string[];
      summary: string;
    };
    // Noise that follows the schema may still not be fit to be read.
    if (response.status === 502) {
      expect(body["error"]).toMatchObject({ code: "unusable_answer" });
      return;
    }
    expect([response.status, body["error"]]).toEqual([200, undefined]);
    expect(URGENCIES).toContain(body["urgency"]);
    expect(Array.from(body.summary).length).toBeLessThanOrEqual(BOUNDS.summaryLength);
    expect(body.advice.length).toBeGreaterThanOrEqual(1);
    expect(body.advice.length).toBeLessThanOrEqual(BOUNDS.advice);
    expect(body.red_flags.length).toBeLessThanOrEqual(BOUNDS.redFlags);
    expect(body).toMatchObject({ patient_mrn: "MRN-7", model: "tiny" });
  });

  it("64 clients against 2 slots are all answered, and each gets its own answer", async () => {
    const alone = new Map<string, string | null | undefined>();
    for (const word of ["a", "b", "c", "d"]) {
      alone.set(word, (await client.chat.completions.create(ask(word))).choices[0]?.message.content);
    }
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const word = "abcd"[index % 4] ?? "";
        const { choices } = await client.chat.completions.create(ask(word));
        return choices[0]?.message.content === alone.get(word);
      }),
    );
    expect(answers.filter((same) => same)).toHaveLength(64);
    expect([service.occupancy.running, service.occupancy.waiting]).toEqual([0, 0]);
  });

  it("clients that leave in mid-prompt and in mid-answer free their slots", async () => {
    const reading = new AbortController();
    const writing = new AbortController();
    const long = client.chat.completions.create(ask("word ".repeat(700)), { signal: reading.signal });
    const stream = await client.chat.completions.create(
      { ...ask("Tell me a story", { max_completion_tokens: 3000 }), stream: true },
      { signal: writing.signal },
    );
    const gone = expect(long).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    reading.abort();
    writing.abort();
    await gone;
    await until(() => service.occupancy.running === 0, "both slots are free");
    expect((await client.chat.completions.create(ask("Still there?"))).choices).toHaveLength(1);
  });
});
