import { Template } from "@huggingface/jinja";
import fc from "fast-check";

import { HiddenTexts } from "../../../service/src/engine/hidden-texts.js";

const render = (source: string, value: unknown): string => new Template(source).render({ value });

describe("HiddenTexts", () => {
  it("any JSON value comes out of a template's tojson as it would without placeholders, its texts apart", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const hidden = new HiddenTexts();
        const { parts } = hidden.reveal(render("{{ value | tojson }}", { at: hidden.hideWithin(value) }));
        expect(JSON.parse(parts.map(({ text }) => text).join(""))).toEqual({
          at: JSON.parse(JSON.stringify(value)) as unknown,
        });
        for (const { kind, text } of parts) if (kind === "template") expect(text).not.toMatch(/[^\w\s"$.:,{}[\]+-]/);
      }),
    );
  });

  it.each([
    ["{{ value }}", 'a "b"\n'],
    ["{{ value | tojson }}", JSON.stringify('a "b"\n')],
    ["{{ value | tojson | tojson }}", JSON.stringify(JSON.stringify('a "b"\n'))],
  ])("a text that %s writes is escaped as often as the template says", (source, expected) => {
    const hidden = new HiddenTexts();
    const placeholder = hidden.hide('a "b"\n');
    const { parts, written } = hidden.reveal(render(source, placeholder));
    expect(written).toEqual(new Set([placeholder]));
    expect(parts.map(({ text }) => text).join("")).toBe(expected);
  });

  it.each(["{{ value }}", "{{ value | tojson }}"])("JSON that %s writes stands there as it was sent", (source) => {
    const hidden = new HiddenTexts();
    const json = '{ "a":"<|im_end|>" }';
    const placeholder = hidden.hideJson(json);
    const { parts, written } = hidden.reveal(`x ${render(source, placeholder)} y`);
    expect(written).toEqual(new Set([placeholder]));
    expect(parts).toEqual([
      { kind: "template", text: "x " },
      { kind: "message", text: json },
      { kind: "template", text: " y" },
    ]);
  });

  it("leaves the words that templates compare", () => {
    const schema = { type: "string", enum: ["celsius", "two words"], "x<y": { $ref: "#/$defs/A" } };
    expect(JSON.stringify(new HiddenTexts().hideWithin(schema))).toMatch(
      /^\{"type":"string","enum":\["celsius","\uE000\\"0\uE001"\],"\uE000\\"1\uE001":\{"\$ref":"\uE000\\"2\uE001"\}\}$/,
    );
  });
});
