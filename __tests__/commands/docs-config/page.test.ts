import { settingsTable, withTables } from "../../../commands/docs-config/page";

it("writes a setting as a line of the table", () => {
  const setting = { path: "a.b", type: '"x" or "y"', required: false, fallback: '"x"', description: "x | y" };
  expect(
    settingsTable([setting, { ...setting, required: true }])
      .split("\n")
      .slice(2),
  ).toEqual(['| `a.b` | "x" or "y" | `"x"` | x \\| y |', '| `a.b` | "x" or "y" | **required** | x \\| y |']);
});

it("replaces what stands between the marks, and nothing else", () => {
  const marks = (name: string, start: string) =>
    `<!-- ${start}: npm run docs:config -->\n\nOUTDATED\n\n<!-- end of the ${name} -->`;
  const page = `# A\n\n${marks("variables table", "variables table")}\n\nB\n\n${marks("configuration table", "configuration table")}\n`;
  const written = withTables(page);
  expect(written).not.toContain("OUTDATED");
  expect(written).toMatch(
    /^# A\n\n<!-- variables table[^]*`CAREPATH_REGION`[^]*\n\nB\n\n<!-- config[^]*`chat\.cpuCores`/,
  );
});

it("refuses a page without a place for a table", () => {
  expect(() => withTables("# CarePath")).toThrow(
    'docs/configuration.md has no place for a table. Put "<!-- configuration table: npm run docs:config -->" and "<!-- end of the configuration table -->" where it belongs.',
  );
});
