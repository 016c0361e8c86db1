/** Reads the calls of tools from an answer as it comes. Like the other filters, nothing that is given out is regretted. */
import { type Delta, type ToolCall } from "./engine.js";
import { partialMatch } from "./text-filters.js";
import { BEFORE_ARGUMENTS, CALL_START, TOOL_CALL } from "./tool-call-format.js";

/** Finds where an answer stops to speak and begins to call. White space before that belongs to the call. */
export class CallFinder {
  #held = "";
  #call: string | undefined;
  #over = false;

  /** @param atOnce whether only a whole answer can be a call, and text that has begun is none */
  constructor(private readonly atOnce = false) {}

  /** What stands after the opening mark, once that has come: a beginning of a call. */
  get call(): string | undefined {
    return this.#call;
  }

  /** Takes text of the answer and gives out what is no call. */
  push(text: string): string {
    this.#held += text;
    this.#over ||= this.atOnce && !TOOL_CALL.open.startsWith(this.#held.slice(0, TOOL_CALL.open.length));
    if (this.#over) return this.end();
    let spoken = "";
    for (;;) {
      const at = this.#held.indexOf(TOOL_CALL.open);
      if (at < 0) break;
      const after = at + TOOL_CALL.open.length;
      const rest = this.#held.slice(after);
      if (CALL_START.startsWith(rest.trimStart())) {
        this.#call = rest;
        return spoken + this.#held.slice(0, at).trimEnd();
      }
      // A token that ends the mark and goes on with something else: the model only speaks of it.
      spoken += this.#held.slice(0, after);
      this.#held = rest;
    }
    const open = this.#held.length - partialMatch(this.#held, TOOL_CALL.open);
    const certain = this.#held.slice(0, open).trimEnd();
    this.#held = this.#held.slice(certain.length);
    return spoken + certain;
  }

  /** What was held back, when no more text comes. */
  end(): string {
    const held = this.#call === undefined ? this.#held : "";
    this.#held = "";
    return held;
  }
}

/** Reads what a grammar holds to the format of `tool-call-format.ts`, from behind the first opening mark on. */
export class ToolCallReader {
  readonly #calls: { name: string; arguments: string }[] = [];
  #held = "";
  #inArguments = false;

  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  push(text: string): Delta[] {
    const deltas: Delta[] = [];
    this.#held += text;
    while (this.#inArguments ? this.#readArguments(deltas) : this.#readName(deltas));
    return deltas;
  }

  /** @returns whether there may be more to read */
  #readName(deltas: Delta[]): boolean {
    const [start, end] = [this.#held.indexOf(CALL_START), this.#held.indexOf(BEFORE_ARGUMENTS)];
    if (start < 0 || end < 0) return false;
    const name = this.#held.slice(start + CALL_START.length, end);
    deltas.push({ kind: "toolCall", index: this.#calls.push({ name, arguments: "" }) - 1, text: name });
    this.#held = this.#held.slice(end + BEFORE_ARGUMENTS.length);
    this.#inArguments = true;
    return true;
  }

  /** The grammar writes no line break within arguments, and the bracket before it closes the call around them. */
  #readArguments(deltas: Delta[]): boolean {
    const end = this.#held.indexOf("\n");
    const ended = end >= 0;
    const text = ended ? this.#held.slice(0, end - 1) : this.#held.replace(/\}$/, "");
    this.#held = this.#held.slice(ended ? end : text.length);
    this.#inArguments = !ended;
    const index = this.#calls.length - 1;
    const call = this.#calls[index];
    if (call && text !== "") {
      call.arguments += text;
      deltas.push({ kind: "arguments", index, text });
    }
    return ended;
  }
}
