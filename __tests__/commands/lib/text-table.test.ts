import { textTable, wrap } from "../../../commands/lib/text-table";

describe("text tables", () => {
  it("aligns columns and trims lines", () => {
    expect(
      textTable(
        [
          ["a", "1", "x"],
          ["bbb", "22"],
        ],
        ["left", "right", "left"],
      ),
    ).toEqual(["  a     1  x", "  bbb  22"]);
  });

  it("wraps at words and indents what follows", () => {
    expect(wrap("one two three", "- ", 9)).toEqual(["- one two", "  three"]);
    expect(wrap("one two three", "- ", 8)).toEqual(["- one", "  two", "  three"]);
  });
});
