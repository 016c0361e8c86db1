import { createHash } from "node:crypto";

import { type Llama, type LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";

import { errorMessage } from "../error-facts.js";
import { grammarAccepts } from "./binding-internals.js";
import { type GenerationRequest, type ResponseFormat, type ToolUse, UnsupportedRequestError } from "./engine.js";
import { anyObjectGrammar } from "./grammar/json-text.js";
import { SCHEMA_PARAM, schemaGrammar } from "./grammar/schema-grammar.js";
import { toolCallGrammar } from "./grammar/tool-call-grammar.js";
import { PROMPTED } from "./tool-call-format.js";
import { Turns } from "./turns.js";

/** What holds one answer to a grammar. */
export interface Constraint {
  /** Where the answer stands; each answer has its own. */
  readonly state: LlamaGrammarEvaluationState;
  /** True when the answer may end here. */
  accepts(answer: string): boolean;
}

type Constrained = Pick<GenerationRequest, "responseFormat" | "toolUse">;

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
   * Compiles what an answer is held to from its beginning on. That needs no slot, so a schema that cannot be expressed is
   * refused before its request waits in the queue; that of a tool as well, though an answer may begin without it.
   *
   * @returns undefined for free text
   * @throws {UnsupportedRequestError} when a schema cannot be expressed
   */
  async compile({ responseFormat, toolUse }: Constrained): Promise<LlamaGrammar | undefined> {
    if (toolUse && toolUse.choice !== "auto") return this.compileCalls(toolUse, PROMPTED);
    if (responseFormat.type === "text") {
      if (toolUse) await this.compileCalls(toolUse, "");
      return undefined;
    }
    const { param, write } = toolUse ? callsOr(responseFormat, toolUse) : formatOnly(responseFormat);
    return this.#grammar(param, { responseFormat, toolUse }, write);
  }

  /**
   * Compiles what the rest of an answer is held to that has begun to call.
   *
   * @param written what stands after the opening mark
   */
  compileCalls(toolUse: ToolUse, written: string): Promise<LlamaGrammar> {
    return this.#grammar("tools", { toolUse, written }, () => toolCallGrammar(toolUse, written));
  }

  /** What holds one answer to the grammar. */
  constraint(grammar: LlamaGrammar): Constraint {
    return {
      state: new LlamaGrammarEvaluationState({ model: this.model, grammar }),
      accepts: (answer) => grammarAccepts(grammar, answer),
    };
  }

  /**
   * @param param how messages call what it is made of
   * @param source all that `write` depends on
   */
  async #grammar(param: string, source: object, write: () => string): Promise<LlamaGrammar> {
    await this.turns.next();
    const key = createHash("sha256").update(JSON.stringify(source)).digest("base64");
    const grammar = this.#kept.get(key) ?? (await this.#create(param, write()));
    // The map keeps the order of insertion: what was used last goes to the end.
    this.#kept.delete(key);
    this.#kept.set(key, grammar);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return grammar;
  }

  async #create(param: string, grammar: string): Promise<LlamaGrammar> {
    try {
      return await this.llama.createGrammar({ grammar });
    } catch (error) {
      throw new UnsupportedRequestError(
        param,
        `${param} makes a grammar that llama.cpp refuses: ${errorMessage(error)}`,
      );
    }
  }
}

interface Source {
  readonly param: string;
  readonly write: () => string;
}
type ConstrainedFormat = Exclude<ResponseFormat, { type: "text" }>;

function formatOnly(format: ConstrainedFormat): Source {
  if (format.type === "json_object") return { param: "response_format", write: anyObjectGrammar };
  const { schema, param = SCHEMA_PARAM } = format;
  return { param, write: () => schemaGrammar(schema, param) };
}

function callsOr(format: ConstrainedFormat, toolUse: ToolUse): Source {
  const otherwise = format.type === "json_schema" ? format : { schema: { type: "object" } };
  return { param: "tools", write: () => toolCallGrammar(toolUse, undefined, otherwise) };
}
