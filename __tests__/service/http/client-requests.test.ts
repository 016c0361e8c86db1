/** What chat clients and frameworks send, each with the version that sent it, gets an answer that they can read. */
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type z } from "zod";
import { type Engine } from "../../../service/src/engine/engine.js";
import { chunkSchema, completionSchema } from "../../../service/src/http/routes/answer-schemas.js";
import { closeHttpServices, httpService, type HttpService } from "../../helpers/http-service";
import { validator } from "../../helpers/json-schemas";
import { tinyEngine } from "../../helpers/tiny-engine";

jest.setTimeout(120_000);

interface Request {
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly tool_choice?: unknown;
  readonly tools?: readonly {
    readonly function: { readonly name: string; readonly parameters: Record<string, unknown> };
  }[];
  readonly response_format?: {
    readonly type: string;
    readonly json_schema?: { readonly schema: Record<string, unknown> };
  };
}
type Choice = z.infer<typeof completionSchema>["choices"][number];

const FOLDER = join("__tests__", "fixtures", "client-requests");
const CASES = readdirSync(FOLDER).flatMap((file) => {
  const { client, requests } = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as {
    readonly client: string;
    readonly requests: readonly Request[];
  };
  return requests.map((request, index) => [client, index + 1, request] as const);
});

let engine: Engine;
let service: HttpService;
beforeAll(async () => {
  engine = await tinyEngine({ template: "tools", contextSize: 2048, slots: 1 });
  service = await httpService({ engine, settings: { maxTokens: 100 } });
});
afterAll(async () => {
  await closeHttpServices();
  await engine.dispose();
});

/** The answer, whole or put together from its events as clients do it. */
async function ask(request: Request): Promise<{ choice: Choice; usage: unknown }> {
  const response = await service.app.inject({ method: "POST", url: "/v1/chat/completions", payload: { ...request } });
  expect([response.statusCode, response.statusCode === 200 ? "" : response.body]).toEqual([200, ""]);
  if (request.stream !== true) {
    const { choices, usage } = completionSchema.strict().parse(response.json());
    return { choice: choices[0] as Choice, usage };
  }
  const events = response.body.split("\n\n").filter((event) => event.startsWith("data: "));
  expect(events.pop()).toBe("data: [DONE]");
  const chunks = events.map((event) => chunkSchema.strict().parse(JSON.parse(event.slice("data: ".length))));
  return { choice: assemble(chunks), usage: chunks.at(-1)?.usage };
}

function assemble(chunks: readonly z.infer<typeof chunkSchema>[]): Choice {
  let content = "";
  const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
  let reason: Choice["finish_reason"] | null = null;
  for (const { delta, finish_reason } of chunks.flatMap(({ choices }) => choices)) {
    content += delta.content ?? "";
    for (const { index, id = "", function: part } of delta.tool_calls ?? []) {
      const call = (calls[index] ??= { id, type: "function", function: { name: "", arguments: "" } });
      call.function.name += part.name ?? "";
      call.function.arguments += part.arguments ?? "";
    }
    reason = finish_reason ?? reason;
  }
  const message = {
    role: "assistant" as const,
    content,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return { index: 0, message, logprobs: null, finish_reason: reason ?? "length" };
}

describe("a request of", () => {
  it.each(CASES)("%s (%i) is answered as it asks", async (_client, _index, request) => {
    const { choice, usage } = await ask(request);
    const { message, finish_reason: reason } = choice;
    const { tools = [], response_format: format } = request;
    for (const call of message.tool_calls ?? []) {
      const tool = tools.find((offered) => offered.function.name === call.function.name);
      expect(tool).toBeDefined();
      if (reason !== "length") expect(validator(tool?.function.parameters ?? {})(call.function.arguments)).toBe(true);
    }
    if (request.tool_choice === "required" || typeof request.tool_choice === "object") {
      expect([message.tool_calls?.length ?? 0, message.content ?? ""]).toEqual([expect.any(Number), ""]);
      expect(["tool_calls", "length"]).toContain(reason);
    } else if (format && reason === "stop") {
      expect(validator(format.json_schema?.schema ?? { type: "object" })(message.content ?? "")).toBe(true);
    }
    if (request.stream !== true || request.stream_options?.include_usage === true) {
      expect(usage).toMatchObject({ prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) });
    }
  });
});
