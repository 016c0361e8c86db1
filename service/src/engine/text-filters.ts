/**
 * Filters between the decoded text and the caller: stop strings and reasoning. Both hold back only what could still
 * turn out to be (part of) a marker, and what they have given out is never taken back.
 */
import { type Delta } from "./engine.js";

/** Cuts the text at the first stop string, which is not given out. */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = "";
  #stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** True once a stop string has come; the generation should end. */
  get stopped(): boolean {
    return this.#stopped;
  }

  push(text: string): string {
    if (this.#stopped) return "";
    this.#held += text;
    const first = Math.min(...this.#stops.map((stop) => indexOrEnd(this.#held, stop)));
    if (first < this.#held.length) {
      this.#stopped = true;
      return this.#take(first);
    }
    const held = Math.max(0, ...this.#stops.map((stop) => partialMatch(this.#held, stop)));
    return this.#take(this.#held.length - held);
  }

  /** What was held back, when no more text comes. */
  end(): string {
    return this.#stopped ? "" : this.#take(this.#held.length);
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }
}

/** What a model says, to itself or not. */
export type SpokenDelta = Extract<Delta, { kind: "content" | "reasoning" }>;

/** The marks that a thinking model puts around its reasoning. */
export interface ReasoningMarks {
  readonly open: string;
  readonly close: string;
}

/**
 * Separates what a thinking model says to itself from its answer. The marks are dropped, and so are the line breaks
 * that follow them.
 */
export class ReasoningSplitter {
  readonly #marks: ReasoningMarks;
  #inside: boolean;
  #held = "";
  /** Line breaks right after a mark belong to it. */
  #skipBreaks: boolean;

  /** @param open whether the prompt has already opened the reasoning */
  constructor(marks: ReasoningMarks, open: boolean) {
    this.#marks = marks;
    this.#inside = open;
    this.#skipBreaks = open;
  }

  push(text: string): SpokenDelta[] {
    const deltas: SpokenDelta[] = [];
    this.#held += text;
    for (;;) {
      if (this.#skipBreaks) {
        this.#held = this.#held.replace(/^[\r\n]+/, "");
        if (this.#held === "") return deltas;
        this.#skipBreaks = false;
      }
      const mark = this.#inside ? this.#marks.close : this.#marks.open;
      const at = this.#held.indexOf(mark);
      if (at < 0) {
        const kept = partialMatch(this.#held, mark);
        this.#give(deltas, this.#held.length - kept);
        return deltas;
      }
      this.#give(deltas, at);
      this.#held = this.#held.slice(mark.length);
      this.#inside = !this.#inside;
      this.#skipBreaks = true;
    }
  }

  end(): SpokenDelta[] {
    const deltas: SpokenDelta[] = [];
    this.#give(deltas, this.#held.length);
    return deltas;
  }

  #give(deltas: SpokenDelta[], length: number): void {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    if (text !== "") deltas.push({ kind: this.#inside ? "reasoning" : "content", text });
  }
}

function indexOrEnd(text: string, search: string): number {
  const index = text.indexOf(search);
  return index < 0 ? text.length : index;
}

/** Length of the longest end of `text` that is a proper beginning of `mark`. */
export function partialMatch(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length--) {
    if (mark.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
