/**
 * Collects what an answer says from its tokens: whole characters, reasoning apart from content, cut at a stop string, and
 * the calls of tools.
 */
import { type Delta, type ToolCall } from "./engine.js";
import { type Detokenize, TextDecoder } from "./text-decoder.js";
import { type ReasoningMarks, ReasoningSplitter, type SpokenDelta, StopFilter } from "./text-filters.js";
import { CallFinder, ToolCallReader } from "./tool-call-reader.js";

export interface AnswerOptions {
  readonly detokenize: Detokenize;
  /** Undefined for a model that does not think aloud. */
  readonly reasoning: ReasoningMarks | undefined;
  readonly reasoningOpen: boolean;
  /** They end the content; a stop string inside the reasoning or a call has no effect. */
  readonly stop: readonly string[];
  /**
   * `may`: it may call tools after what it says. `instead`: it says something or calls. `begun`: it begins within a call.
   *
   * @default none
   */
  readonly calls?: "none" | "may" | "instead" | "begun" | undefined;
  readonly onDelta?: ((delta: Delta) => void) | undefined;
}

export class Answer {
  readonly #decoder: TextDecoder;
  readonly #splitter: ReasoningSplitter | undefined;
  readonly #stop: StopFilter;
  readonly #finder: CallFinder | undefined;
  readonly #onDelta: ((delta: Delta) => void) | undefined;
  #reader: ToolCallReader | undefined;
  #text = "";
  #content = "";
  #reasoning = "";

  constructor({ detokenize, reasoning, reasoningOpen, stop, calls = "none", onDelta }: AnswerOptions) {
    this.#decoder = new TextDecoder(detokenize);
    this.#splitter = reasoning && new ReasoningSplitter(reasoning, reasoningOpen);
    this.#stop = new StopFilter(stop);
    this.#finder = calls === "may" || calls === "instead" ? new CallFinder(calls === "instead") : undefined;
    this.#reader = calls === "begun" ? new ToolCallReader() : undefined;
    this.#onDelta = onDelta;
  }

  get content(): string {
    return this.#content;
  }

  get reasoning(): string | undefined {
    return this.#reasoning === "" ? undefined : this.#reasoning;
  }

  /** Undefined while nothing has been called. */
  get toolCalls(): readonly ToolCall[] | undefined {
    return this.#reader && this.#reader.calls.length > 0 ? this.#reader.calls : undefined;
  }

  /** What stands after the mark with which the model has begun to call; undefined while it has not. */
  get callBegun(): string | undefined {
    return this.#finder?.call;
  }

  /** All that the model wrote, marks and calls included. */
  get text(): string {
    return this.#text;
  }

  /** Tokens of a character that is not complete yet. */
  get incomplete(): readonly number[] {
    return this.#decoder.incomplete;
  }

  /** Takes a token; returns true when a stop string has ended the answer. */
  push(token: number): boolean {
    const text = this.#decoder.push(token);
    this.#text += text;
    if (this.#reader) this.#giveCalls(text);
    else if (text !== "") this.#give(this.#splitter?.push(text) ?? [{ kind: "content", text }]);
    return this.#stop.stopped;
  }

  /** Gives out what the filters still hold. */
  end(): void {
    if (this.#reader) return;
    this.#give(this.#splitter?.end() ?? []);
    if (this.#finder) this.#say(this.#finder.end());
    this.#flush();
  }

  #give(deltas: readonly SpokenDelta[]): void {
    for (const { kind, text } of deltas) {
      if (kind === "reasoning") this.#emit({ kind, text });
      else this.#say(this.#finder?.push(text) ?? text);
    }
    const begun = this.#finder?.call;
    if (begun === undefined || this.#stop.stopped) return;
    this.#flush();
    this.#reader = new ToolCallReader();
    this.#giveCalls(begun);
  }

  #say(content: string): void {
    const text = this.#stop.push(content);
    if (text !== "") this.#emit({ kind: "content", text });
  }

  #flush(): void {
    const text = this.#stop.end();
    if (text !== "") this.#emit({ kind: "content", text });
  }

  #giveCalls(text: string): void {
    for (const delta of this.#reader?.push(text) ?? []) this.#onDelta?.(delta);
  }

  #emit(delta: SpokenDelta): void {
    if (delta.kind === "content") this.#content += delta.text;
    else this.#reasoning += delta.text;
    this.#onDelta?.(delta);
  }
}
