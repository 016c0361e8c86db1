import fc from "fast-check";

import { type Delta } from "../../../service/src/engine/engine.js";
import { writtenCall } from "../../../service/src/engine/tool-call-format.js";
import { CallFinder, ToolCallReader } from "../../../service/src/engine/tool-call-reader.js";

const pieces = (text: string, sizes: readonly number[]): string[] => {
  const cut: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = sizes[cut.length % sizes.length] ?? 1;
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
};
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
const calls = fc.array(fc.record({ name: fc.stringMatching(/^[\w.:-]{1,12}$/), arguments: object }), {
  minLength: 1,
  maxLength: 4,
});

describe("ToolCallReader", () => {
  it("reads the same calls however the text arrives, and gives out their arguments piece by piece", () => {
    fc.assert(
      fc.property(calls, sizes, (written, cut) => {
        const expected = written.map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) }));
        const text = expected.map((call) => writtenCall(call.name, call.arguments)).join("\n");
        const reader = new ToolCallReader();
        const deltas: Delta[] = pieces(text, cut).flatMap((piece) => reader.push(piece));
        expect(reader.calls).toEqual(expected);
        const of = (kind: Delta["kind"], index: number): string =>
          deltas
            .flatMap((delta) => ("index" in delta && delta.index === index && delta.kind === kind ? delta.text : []))
            .join("");
        const streamed = expected.map((_, index) => ({
          name: of("toolCall", index),
          arguments: of("arguments", index),
        }));
        expect(streamed).toEqual(expected);
      }),
    );
  });

  it("gives out the beginning of a call that is cut", () => {
    const reader = new ToolCallReader();
    expect(reader.push('\n{"name": "f", "arguments": {"a": {"b": 1}')).toEqual([
      { kind: "toolCall", index: 0, text: "f" },
      { kind: "arguments", index: 0, text: '{"a": {"b": 1' },
    ]);
  });
});

describe("CallFinder", () => {
  const find = (text: string, cut: readonly number[], atOnce = false) => {
    const finder = new CallFinder(atOnce);
    let spoken = "";
    const parts = pieces(text, cut);
    for (const [index, part] of parts.entries()) {
      spoken += finder.push(part);
      if (finder.call !== undefined) return { spoken, rest: finder.call + parts.slice(index + 1).join("") };
    }
    return { spoken: spoken + finder.end(), rest: undefined };
  };

  it("tells what is said from the call that follows, however the text arrives", () => {
    fc.assert(
      fc.property(fc.string(), sizes, (said, cut) => {
        const { spoken, rest } = find(`${said}\n\n${writtenCall("f", "{}")}`, cut);
        expect(spoken).toBe(said.trimEnd());
        expect(`<tool_call>${rest}`).toBe(writtenCall("f", "{}"));
      }),
    );
  });

  it("gives out every text without a call as it is", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("<tool", "a <tool_call>x", "<tool_call></tool_call>", " \n "));
    fc.assert(
      fc.property(text, (said) => expect(find(said, [said.length || 1])).toEqual({ spoken: said, rest: undefined })),
    );
  });

  it("sees a call at once or not at all where the answer is one or the other", () => {
    fc.assert(
      fc.property(sizes, (cut) => {
        const inside = '{"a": "<tool_call>"}';
        expect(find(inside, cut, true)).toEqual({ spoken: inside, rest: undefined });
        expect(find(writtenCall("f", "{}"), cut, true).rest).toBeDefined();
      }),
    );
  });
});
