import { readFileSync } from "node:fs";

import { DOC_FILE, FIGURE_FILE, fillBlocks, scalingDocument } from "../../scripts/scaling-doc";

describe("docs/scaling.md", () => {
  const generated = scalingDocument();

  it("shows the numbers that the code computes (npm run docs:scaling)", () => {
    const document = readFileSync(DOC_FILE, "utf8");
    expect(fillBlocks(document, generated.blocks)).toBe(document);
  });

  it("shows the figure that the code draws (npm run docs:scaling)", () => {
    expect(readFileSync(FIGURE_FILE, "utf8")).toBe(generated.figure);
  });

  it("says which block is missing", () => {
    expect(() => fillBlocks("# no markers", { speed: "1" })).toThrow(
      'docs/scaling.md has no block "speed". Put its two markers back.',
    );
  });

  it("replaces the text between its markers and nothing else", () => {
    expect(fillBlocks("a\n<!-- x -->\nold\n<!-- /x -->\nb", { x: "new" })).toBe(
      "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb",
    );
  });
});
