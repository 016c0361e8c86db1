/**
 * Collects the text of an answer from its tokens: whole characters, reasoning apart from content, cut at a stop string.
 */
import { type Delta } from "./engine.js";
import { type Detokenize, TextDecoder } from "./text-decoder.js";
import { type ReasoningMarks, ReasoningSplitter, StopFilter } from "./text-filters.js";

export interface AnswerOptions {
  readonly detokenize: Detokenize;
  /** Undefined for a model that does not think aloud. */
  readonly reasoning: ReasoningMarks | undefined;
  readonly reasoningOpen: boolean;
  /** They end the content; a stop string inside the reasoning has no effect. */
  readonly stop: readonly string[];
  readonly onDelta?: ((delta: Delta) => void) | undefined;
}

export class Answer {
  readonly #decoder: TextDecoder;
  readonly #splitter: ReasoningSplitter | undefined;
  readonly #stop: StopFilter;
  readonly #onDelta: ((delta: Delta) => void) | undefined;
  #content = "";
  #reasoning = "";

  constructor({ detokenize, reasoning, reasoningOpen, stop, onDelta }: AnswerOptions) {
    this.#decoder = new TextDecoder(detokenize);
    this.#splitter = reasoning && new ReasoningSplitter(reasoning, reasoningOpen);
    this.#stop = new StopFilter(stop);
    this.#onDelta = onDelta;
  }

  get content(): string {
    return this.#content;
  }

  get reasoning(): string | undefined {
    return this.#reasoning === "" ? undefined : this.#reasoning;
  }

  /** Tokens of a character that is not complete yet. */
  get incomplete(): readonly number[] {
    return this.#decoder.incomplete;
  }

  /** Takes a token; returns true when a stop string has ended the answer. */
  push(token: number): boolean {
    const text = this.#decoder.push(token);
    if (text !== "") this.#give(this.#splitter?.push(text) ?? [{ kind: "content", text }]);
    return this.#stop.stopped;
  }

  /** Gives out what the filters still hold. */
  end(): void {
    this.#give(this.#splitter?.end() ?? []);
    const rest = this.#stop.end();
    if (rest !== "") this.#emit({ kind: "content", text: rest });
  }

  #give(deltas: readonly Delta[]): void {
    for (const { kind, text } of deltas) {
      const passed = kind === "content" ? this.#stop.push(text) : text;
      if (passed !== "") this.#emit({ kind, text: passed });
    }
  }

  #emit(delta: Delta): void {
    if (delta.kind === "content") this.#content += delta.text;
    else this.#reasoning += delta.text;
    this.#onDelta?.(delta);
  }
}
