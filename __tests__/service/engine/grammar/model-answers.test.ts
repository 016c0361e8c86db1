/**
 * The same promise with llama.cpp and a model: whatever schema is accepted, the answer is valid or says "length". Random
 * weights find what a trained model never tries. `npm run test:grammar` takes more seeds and, beside them, a trained model
 * with a real vocabulary: SmolLM2 with 49,152 tokens.
 */
import fc from "fast-check";

import {
  type Engine,
  GREEDY,
  type ResponseFormat,
  UnsupportedRequestError,
} from "../../../../service/src/engine/engine.js";
import { anySchema, type JsonSchema, pydanticSchemas, SUPPORTED, validator } from "../../../helpers/json-schemas.js";
import { smolLm2 } from "../../../helpers/smollm2.js";
import { tinyEngine } from "../../../helpers/tiny-engine.js";
import { tinyModel } from "../../../helpers/tiny-model.js";

const runs = Number(process.env.GRAMMAR_RUNS ?? 100);
const atLength = process.env.GRAMMAR_RUNS !== undefined;
const realModel = atLength ? smolLm2() : undefined;

// A real model is some ten times slower. Where it cannot be had, the run says so and counts a skipped test.
if (atLength && realModel === undefined) it.skip("with a real vocabulary", () => undefined);
const models: (readonly [name: string, path: string, seeds: number])[] = [["random weights", tinyModel(), runs / 100]];
if (realModel !== undefined) models.push(["a real model", realModel, runs / 500]);

describe.each(models)("with %s", (_, modelPath, seeds) => {
  let engine: Engine;
  let whole = 0;
  let answers = 0;
  beforeAll(async () => {
    engine = await tinyEngine({ modelPath, contextSize: 512 });
  }, 60_000);
  afterAll(() => engine.dispose());

  const ask = (responseFormat: ResponseFormat, seed: number, maxTokens = 96, stop: readonly string[] = []) =>
    engine.generate(
      {
        ...GREEDY,
        messages: [{ role: "user", content: "Give me an example." }],
        maxTokens,
        temperature: seed % 2 === 0 ? 0.8 : 1.6,
        seed,
        stop,
        responseFormat,
      },
      { signal: new AbortController().signal },
    );

  it.each([...SUPPORTED.map((schema) => [JSON.stringify(schema).slice(0, 80), schema] as const), ...pydanticSchemas()])(
    "an answer of %s is valid or says length",
    async (_name, schema: JsonSchema) => {
      const valid = validator(schema);
      for (let seed = 1; seed <= Math.ceil(seeds); seed += 1) {
        const { content, finishReason } = await ask({ type: "json_schema", schema }, seed);
        answers += 1;
        if (finishReason === "length") continue;
        whole += 1;
        if (!valid(content)) throw new Error(`seed ${seed}: ${content}`);
      }
    },
    600_000,
  );

  it("an answer of any schema that is not refused is valid or says length", async () => {
    await fc.assert(
      fc.asyncProperty(anySchema, fc.nat(1_000_000), async (schema, seed) => {
        const answer = await ask({ type: "json_schema", schema }, seed).catch((error: unknown) => {
          expect(error).toBeInstanceOf(UnsupportedRequestError);
          return undefined;
        });
        if (answer?.finishReason === "stop" && !validator(schema)(answer.content)) throw new Error(answer.content);
      }),
      { numRuns: Math.ceil(seeds * 10) },
    );
  }, 600_000);

  it("a good part of the answers were whole", () => {
    expect(whole / answers).toBeGreaterThan(0.3);
  });

  it("characters of several tokens come to an end", async () => {
    const schema = {
      type: "object",
      properties: { "\u952e": { enum: ["\u{1F44D}", "\u{1F44E}"] } },
      required: ["\u952e"],
    };
    const { content, finishReason } = await ask({ type: "json_schema", schema }, 1);
    expect(finishReason).toBe("stop");
    expect(["\u{1F44D}", "\u{1F44E}"]).toContain((JSON.parse(content) as Record<string, string>)["\u952e"]);
  });

  it("an answer that is cut short says length", async () => {
    const schema = { type: "string", minLength: 100 };
    expect((await ask({ type: "json_schema", schema }, 1, 8)).finishReason).toBe("length");
  });

  it("so does one that a stop text cuts, unless what is left is whole", async () => {
    const schema = { type: "object", properties: { a: { const: 1 } }, required: ["a"], additionalProperties: false };
    const cut = await ask({ type: "json_schema", schema }, 1, 96, ["}"]);
    expect([cut.content, cut.finishReason]).toEqual([expect.stringMatching(/1\s*$/), "length"]);
    const whole = await ask({ type: "json_schema", schema: { const: 1 } }, 1, 96, ["}"]);
    expect([whole.content, whole.finishReason]).toEqual(["1", "stop"]);
  });
});
