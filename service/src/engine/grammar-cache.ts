import { createHash } from "node:crypto";

import { type Llama, type LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";

import { grammarAccepts } from "./binding-internals.js";
import { type ResponseFormat, UnsupportedRequestError } from "./engine.js";
import { anyObjectGrammar } from "./grammar/json-text.js";
import { schemaGrammar } from "./grammar/schema-grammar.js";
import { Turns } from "./turns.js";

/** What holds one answer to a grammar. */
export interface Constraint {
  /** Where the answer stands; each answer has its own. */
  readonly state: LlamaGrammarEvaluationState;
  /** True when the answer may end here. */
  accepts(answer: string): boolean;
}

/** Most grammars that are kept: clients repeat a few schemas. */
const MOST_KEPT = 32;

/**
 * The grammars of the schemas that were used last. What is kept is their text, a few hundred KiB at most: llama.cpp reads it
 * anew for each answer, within milliseconds, because the bounds of a grammar (`grammar/rule-book.ts`) keep it small. That
 * state lies outside of the JavaScript heap, and the binding frees it only when JavaScript's garbage is collected; it does
 * not grow without end: `npm run bench -- hostile-schemas` measures where it levels off.
 */
export class GrammarCache {
  readonly #kept = new Map<string, LlamaGrammar>();

  constructor(
    private readonly llama: Llama,
    private readonly model: LlamaModel,
    private readonly turns = new Turns(),
  ) {}

  /**
   * Compiles what an answer is held to. That needs no slot, so a schema that cannot be expressed is refused before its
   * request waits in the queue.
   *
   * @returns undefined for free text
   * @throws {UnsupportedRequestError} when a schema cannot be expressed
   */
  async compile(format: ResponseFormat): Promise<LlamaGrammar | undefined> {
    return format.type === "text" ? undefined : await this.#grammar(format);
  }

  /** What holds one answer to the grammar. */
  constraint(grammar: LlamaGrammar): Constraint {
    return {
      state: new LlamaGrammarEvaluationState({ model: this.model, grammar }),
      accepts: (answer) => grammarAccepts(grammar, answer),
    };
  }

  async #grammar(format: Exclude<ResponseFormat, { type: "text" }>): Promise<LlamaGrammar> {
    await this.turns.next();
    const key = createHash("sha256").update(JSON.stringify(format)).digest("base64");
    const grammar = this.#kept.get(key) ?? (await this.#create(format));
    // The map keeps the order of insertion: what was used last goes to the end.
    this.#kept.delete(key);
    this.#kept.set(key, grammar);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return grammar;
  }

  async #create(format: Exclude<ResponseFormat, { type: "text" }>): Promise<LlamaGrammar> {
    const source = format.type === "json_object" ? anyObjectGrammar() : schemaGrammar(format.schema, format.param);
    try {
      return await this.llama.createGrammar({ grammar: source });
    } catch (error) {
      throw new UnsupportedRequestError(
        (format.type === "json_schema" ? format.param : undefined) ?? "response_format.json_schema.schema",
        `the schema makes a grammar that llama.cpp refuses: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
