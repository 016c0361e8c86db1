import fc from "fast-check";

import { Answer } from "../../../service/src/engine/answer.js";
import { type Delta } from "../../../service/src/engine/engine.js";
import { TextDecoder as TokenDecoder } from "../../../service/src/engine/text-decoder.js";
import { ReasoningSplitter, StopFilter } from "../../../service/src/engine/text-filters.js";
import { writtenCall } from "../../../service/src/engine/tool-call-format.js";

/** A tokenizer whose tokens are bytes: every character beyond ASCII is spread over several. */
const detokenize = (tokens: readonly number[]): string => Buffer.from(tokens).toString("utf8");
const MARKS = { open: "<think>", close: "</think>" };

/** Cuts a text at random places. */
const cut = (text: string, sizes: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? 1);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
};

describe("TextDecoder", () => {
  it("gives out a character when its last byte has come", () => {
    const decoder = new TokenDecoder(detokenize);
    expect([...Buffer.from("é😀a")].map((byte) => decoder.push(byte))).toEqual(["", "é", "", "", "", "😀", "a"]);
  });

  it("any text arrives whole, and no piece of it holds a broken character", () => {
    fc.assert(
      // Not U+FFFD itself: it is what an incomplete character looks like, and waits for the next token.
      fc.property(
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\uFFFD")),
        (text) => {
          const decoder = new TokenDecoder(detokenize);
          const pieces = [...Buffer.from(text)].map((byte) => decoder.push(byte));
          return (
            pieces.join("") === Buffer.from(text).toString("utf8") && !pieces.some((piece) => piece.includes("\uFFFD"))
          );
        },
      ),
    );
  });

  it("bytes that are no UTF-8 become what decoding them at once gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoder = new TokenDecoder(detokenize);
        const text = [...bytes, 0x2e].map((byte) => decoder.push(byte)).join("");
        return text === Buffer.from([...bytes, 0x2e]).toString("utf8");
      }),
      // Sixty-four broken bytes in a row are given out without waiting for the next: beyond that pieces may differ.
      { examples: [[Uint8Array.from({ length: 60 }, () => 0x80)]] },
    );
  });

  it("names the tokens of an incomplete character", () => {
    const decoder = new TokenDecoder(detokenize);
    decoder.push(0xc3);
    expect(decoder.incomplete).toEqual([0xc3]);
    decoder.push(0xa9);
    expect(decoder.incomplete).toEqual([]);
  });
});

describe("StopFilter", () => {
  it("cuts at a stop string that comes in pieces, and leaks none of it", () => {
    const filter = new StopFilter(["STOP"]);
    expect(["a S", "T", "O", "P b", "c"].map((text) => filter.push(text))).toEqual(["a ", "", "", "", ""]);
    expect(filter.stopped).toBe(true);
    expect(filter.end()).toBe("");
  });

  it("gives back what only looked like a stop string", () => {
    const filter = new StopFilter(["STOP"]);
    expect([filter.push("ST"), filter.push("ART"), filter.push(" S"), filter.end()]).toEqual(["", "START", " ", "S"]);
    expect(filter.stopped).toBe(false);
  });

  it("the earliest of several stop strings wins, and an empty one is ignored", () => {
    const filter = new StopFilter(["", "zz", "b"]);
    expect(filter.push("aabzz")).toBe("aa");
  });

  it("however the text is cut, what passes is the text before the first stop string", () => {
    const alphabet = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 1,
    });
    fc.assert(
      fc.property(alphabet, stops, fc.array(fc.nat(5)), (text, stop, sizes) => {
        const filter = new StopFilter(stop);
        const passed =
          cut(text, sizes)
            .map((piece) => filter.push(piece))
            .join("") + filter.end();
        return passed === text.split(stop[0] ?? "")[0];
      }),
    );
  });
});

describe("ReasoningSplitter", () => {
  const split = (pieces: readonly string[], open = false): { content: string; reasoning: string } => {
    const splitter = new ReasoningSplitter(MARKS, open);
    const deltas: Delta[] = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
    const of = (kind: Delta["kind"]): string =>
      deltas
        .filter((delta) => delta.kind === kind)
        .map(({ text }) => text)
        .join("");
    return { content: of("content"), reasoning: of("reasoning") };
  };

  it("separates reasoning from the answer, without the marks and the breaks behind them", () => {
    expect(split(["<think>\nHm.\n</think>\n\nYes."])).toEqual({ content: "Yes.", reasoning: "Hm.\n" });
  });

  it("begins inside when the prompt has opened the reasoning", () => {
    expect(split(["Hm.</think>Yes."], true)).toEqual({ content: "Yes.", reasoning: "Hm." });
  });

  it("an answer that never closes its reasoning has no content", () => {
    expect(split(["<think>on and on </thi"])).toEqual({ content: "", reasoning: "on and on </thi" });
  });

  it("the cuts make no difference", () => {
    const text = "a<think>\n\nb < c</think>\nd</think>e<think>f";
    fc.assert(
      fc.property(fc.array(fc.nat(7)), (sizes) => {
        expect(split(cut(text, sizes))).toEqual(split([text]));
      }),
    );
  });
});

describe("Answer", () => {
  const collect = (
    text: string,
    options: { stop?: string[]; reasoning?: boolean; open?: boolean; calls?: "may" | "begun" },
  ): [Answer, Delta[]] => {
    const deltas: Delta[] = [];
    const answer = new Answer({
      detokenize,
      reasoning: options.reasoning ? MARKS : undefined,
      reasoningOpen: options.open ?? false,
      stop: options.stop ?? [],
      calls: options.calls,
      onDelta: (delta) => deltas.push(delta),
    });
    for (const byte of Buffer.from(text)) if (answer.push(byte)) break;
    answer.end();
    return [answer, deltas];
  };

  it("a stop string ends the content, and inside the reasoning it has no effect", () => {
    const [answer] = collect("<think>STOP?</think>Go. STOP here", { stop: ["STOP"], reasoning: true });
    expect(answer.reasoning).toBe("STOP?");
    expect(answer.content).toBe("Go. ");
  });

  it("deltas add up to the answer", () => {
    const [answer, deltas] = collect("Grüße 👋", {});
    expect(answer.content).toBe("Grüße 👋");
    expect(answer.reasoning).toBeUndefined();
    expect(deltas.map(({ text }) => text).join("")).toBe("Grüße 👋");
  });

  it("what is called comes apart from what is said and thought, also where a vocabulary has no token for the mark", () => {
    const text = `<think>Tool?</think>Let me see.\n\n${writtenCall("f", '{"a": "STOP"}')}`;
    const [answer, deltas] = collect(text, { reasoning: true, calls: "may", stop: ["STOP"] });
    expect([answer.reasoning, answer.content]).toEqual(["Tool?", "Let me see."]);
    expect(answer.toolCalls).toEqual([{ name: "f", arguments: '{"a": "STOP"}' }]);
    expect(answer.text).toBe(text);
    expect(new Set(deltas.map(({ kind }) => kind))).toEqual(new Set(["reasoning", "content", "toolCall", "arguments"]));
  });

  it("a call in a thought is none, and an answer may begin within a call", () => {
    const [thought] = collect(`<think>${writtenCall("f", "{}")}</think>No.`, { reasoning: true, calls: "may" });
    expect([thought.toolCalls, thought.content]).toEqual([undefined, "No."]);
    const [begun] = collect('{"name": "f", "arguments": {}}\n</tool_call>', { calls: "begun" });
    expect([begun.toolCalls, begun.content]).toEqual([[{ name: "f", arguments: "{}" }], ""]);
  });

  it("a mark is plain text for a model that does not think aloud", () => {
    expect(collect("<think>x", {})[0].content).toBe("<think>x");
  });

  it("half a character at the end is not given out", () => {
    const deltas: Delta[] = [];
    const answer = new Answer({
      detokenize,
      reasoning: undefined,
      reasoningOpen: false,
      stop: [],
      onDelta: (d) => deltas.push(d),
    });
    for (const byte of [0x61, 0xf0, 0x9f]) answer.push(byte);
    answer.end();
    expect(deltas).toEqual([{ kind: "content", text: "a" }]);
  });
});
