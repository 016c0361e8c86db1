/**
 * The promise of the grammar: every text that it accepts is valid under the schema. Texts are drawn from the grammar
 * itself, without a model. `npm run test:grammar` repeats it at length and with models.
 */
import fc from "fast-check";
import { getLlama, type Llama } from "node-llama-cpp";

import { UnsupportedRequestError } from "../../../../service/src/engine/engine.js";
import { anyObjectGrammar } from "../../../../service/src/engine/grammar/json-text.js";
import { schemaGrammar } from "../../../../service/src/engine/grammar/schema-grammar.js";
import { GbnfSampler, randomFrom } from "../../../helpers/gbnf-sampler.js";
import { anySchema, type JsonSchema, pydanticSchemas, SUPPORTED, validator } from "../../../helpers/json-schemas.js";

function invalidText(schema: JsonSchema, grammar: string, draws: number, seed = 1): string | undefined {
  const valid = validator(schema);
  const sampler = new GbnfSampler(grammar);
  const random = randomFrom(seed);
  for (let index = 0; index < draws; index += 1) {
    const text = sampler.draw(random);
    if (text !== undefined && !valid(text)) return text;
  }
  return undefined;
}

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
});
afterAll(() => llama.dispose());

const shown = (schema: JsonSchema): string => JSON.stringify(schema).slice(0, 100);

describe("every text of the grammar is valid under", () => {
  it.each([...SUPPORTED.map((schema) => [shown(schema), schema] as const), ...pydanticSchemas()])(
    "%s",
    async (_, schema) => {
      const grammar = schemaGrammar(schema);
      await expect(llama.createGrammar({ grammar })).resolves.toBeDefined();
      expect(invalidText(schema, grammar, 100)).toBeUndefined();
    },
  );

  it("any schema that is not refused", async () => {
    const repeats = Number(process.env.GRAMMAR_RUNS ?? 150);
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anySchema, fc.integer(), async (schema, seed) => {
        let grammar: string;
        try {
          grammar = schemaGrammar(schema);
        } catch (error) {
          // Refused, and in words: nothing else may come out.
          expect(error).toBeInstanceOf(UnsupportedRequestError);
          return;
        }
        accepted += 1;
        await llama.createGrammar({ grammar });
        expect(invalidText(schema, grammar, 10, seed)).toBeUndefined();
      }),
      { numRuns: repeats },
    );
    expect(accepted).toBeGreaterThan(repeats / 4);
  }, 600_000);
});

it("anyObjectGrammar writes objects, and nothing else", () => {
  expect(invalidText({ type: "object" }, anyObjectGrammar(), 200)).toBeUndefined();
});
