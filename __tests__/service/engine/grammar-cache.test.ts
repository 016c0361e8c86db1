import { getLlama, type Llama, type LlamaGrammar, type LlamaModel } from "node-llama-cpp";

import { GrammarCache } from "../../../service/src/engine/grammar-cache.js";
import { tinyModel } from "../../helpers/tiny-model.js";

describe("GrammarCache", () => {
  let llama: Llama;
  let model: LlamaModel;
  beforeAll(async () => {
    llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
    model = await llama.loadModel({ modelPath: tinyModel() });
  }, 60_000);
  afterAll(async () => {
    await model.dispose();
    await llama.dispose();
  });

  /** How often a grammar is made of a schema. */
  const counted = (): {
    cache: GrammarCache;
    made: () => number;
    ask: (schema: object) => Promise<LlamaGrammar | undefined>;
  } => {
    let made = 0;
    const counting = {
      createGrammar: (options: { grammar: string }) => {
        made += 1;
        return llama.createGrammar(options);
      },
    } as unknown as Llama;
    const cache = new GrammarCache(counting, model);
    return {
      cache,
      made: () => made,
      ask: (schema) => cache.compile({ responseFormat: { type: "json_schema", schema: { ...schema } } }),
    };
  };

  it("makes one grammar of a schema that comes again, and a state for each answer", async () => {
    const { cache, made } = counted();
    const format = { responseFormat: { type: "json_schema", schema: { type: "boolean" } } } as const;
    const grammar = await cache.compile(format);
    expect(await cache.compile({ ...format })).toBe(grammar);
    expect(made()).toBe(1);
    expect(grammar && cache.constraint(grammar).state).not.toBe(grammar && cache.constraint(grammar).state);
    expect(await cache.compile({ responseFormat: { type: "text" } })).toBeUndefined();
  });

  it("forgets the schema that was not used for longest when 32 are kept", async () => {
    const { made, ask } = counted();
    for (let index = 0; index < 32; index += 1) await ask({ const: index });
    await ask({ const: 0 });
    await ask({ const: 32 });
    expect(made()).toBe(33);
    await ask({ const: 0 });
    expect(made()).toBe(33);
    await ask({ const: 1 });
    expect(made()).toBe(34);
  });

  it("says whether an answer may end, exactly", async () => {
    const { cache, ask } = counted();
    const grammar = await ask({ type: "integer", minimum: 10, maximum: 12 });
    const constraint = grammar && cache.constraint(grammar);
    expect(["1", "10", "12", "13", "10 "].map((answer) => constraint?.accepts(answer))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it("compiles one grammar in a turn of the event loop, whatever the number of requests", async () => {
    const { made, ask } = counted();
    let most = 0;
    let seen = 0;
    let ended = false;
    const watch = (): void => {
      most = Math.max(most, made() - seen);
      seen = made();
      if (!ended) setImmediate(watch);
    };
    setImmediate(watch);
    await Promise.all(Array.from({ length: 12 }, (_, index) => ask({ const: index })));
    ended = true;
    expect(made()).toBe(12);
    expect(most).toBe(1);
  });

  it("refuses what cannot be expressed", async () => {
    await expect(counted().ask({ not: {} })).rejects.toMatchObject({
      code: "unsupported_request",
      param: "response_format.json_schema.schema.not",
    });
  });

  it("compiles the calls of tools before the answer, and finds them again when the model begins to call", async () => {
    const { cache, made } = counted();
    const tools = [{ name: "f", strict: true, path: "tools[0].function" }];
    const toolUse = { tools, choice: "auto", parallel: false } as const;
    expect(await cache.compile({ responseFormat: { type: "text" }, toolUse })).toBeUndefined();
    const constraint = cache.constraint(await cache.compileCalls(toolUse, ""));
    expect(made()).toBe(1);
    expect(constraint.accepts('\n{"name": "f", "arguments": {}}\n</tool_call>')).toBe(true);
    expect(constraint.accepts('\n{"name": "g", "arguments": {}}\n</tool_call>')).toBe(false);
  });
});
