import { readFileSync } from "node:fs";

import {
  DOC_FILE,
  FIGURE_FILE,
  checksums,
  committedDocument,
  fillBlocks,
  quickDocument,
  twoDigits,
} from "../../scripts/scaling-doc";

describe("docs/scaling.md", () => {
  const document = readFileSync(DOC_FILE, "utf8");
  const figure = readFileSync(FIGURE_FILE, "utf8");
  const committed = committedDocument(document, figure);
  const quick = quickDocument();

  it("is what the code of today computes, in text and figure (npm run docs:scaling)", () => {
    expect(document).toContain(checksums(committed, quick));
  });

  it("has checksums that notice another figure and another number", () => {
    const [code, content] = halves(checksums(committed, quick));
    const redrawn = halves(checksums({ ...committed, figure: `${figure} ` }, quick));
    expect([redrawn[0], redrawn[1] === content]).toEqual([code, false]);
    const edited = committedDocument(document.replace("17.2 tok/s", "17.3 tok/s"), figure);
    expect(halves(checksums(edited, quick))[1]).not.toBe(content);
  });

  it("has the blocks that the code writes, so that none is left out of the checksum", () => {
    expect(Object.keys(committed.blocks)).toEqual(Object.keys(quick.blocks));
  });

  it("says which block is missing", () => {
    const message = 'docs/scaling.md has no block "speed". Put its two markers back.';
    expect(() => fillBlocks("# no markers", { speed: "1" })).toThrow(message);
    expect(() => committedDocument("# no markers", figure)).toThrow(message);
  });

  it("replaces the text between its markers and nothing else", () => {
    expect(fillBlocks("a\n<!-- x -->\nold\n<!-- /x -->\nb", { x: "new" })).toBe(
      "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb",
    );
  });

  it.each([
    [0.00417, "0.0042"],
    [0.355, "0.35"],
    [2.98, "3.0"],
    [9.96, "10"],
    [1, "1"],
    [12.41, "12"],
    [237_674, "240,000"],
  ])("states %d to two digits: %s", (value, text) => {
    expect(twoDigits(value)).toBe(text);
  });
});

function halves(checksum: string): string[] {
  return /code (\w+), content (\w+)/.exec(checksum)?.slice(1) ?? [];
}
