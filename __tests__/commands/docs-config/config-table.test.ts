import { readFileSync } from "node:fs";
import { join } from "node:path";

import { configRows, withTables } from "../../../commands/docs-config/main";

const README = join(__dirname, "..", "..", "..", "docs", "configuration.md");

const SOURCE = `
const wholeNumber = (a: number, b: number) => z.number().int().min(a).max(b);
const inner = z.strictObject({
  /** How many. @default 7 */
  count: wholeNumber(1, 1_000).default(7),
  /** Which of them. */
  kind: z.enum(["ON_DEMAND", "SPOT"]),
});
const choice = z.discriminatedUnion("type", [
  z.strictObject({
    /** Nothing more. */
    type: z.literal("none"),
  }),
  z.strictObject({
    /** A named one. */
    type: z.literal("named"),
    /** Its name. */
    name: z.string().optional(),
  }),
]);
export const appConfigSchema = z.strictObject({ inner: inner.prefault({}), choice: choice });
`;

describe("the rows of the configuration table", () => {
  it("have path, rule, default and description from the schema's source", () => {
    expect(configRows(SOURCE)).toEqual([
      { path: "inner.count", rule: "whole number, 1 to 1000", fallback: "7", description: "How many." },
      { path: "inner.kind", rule: '"ON_DEMAND" or "SPOT"', fallback: null, description: "Which of them." },
      { path: "choice[none].type", rule: '"none"', fallback: null, description: "Nothing more." },
      { path: "choice[named].type", rule: '"named"', fallback: null, description: "A named one." },
      { path: "choice[named].name", rule: "text", fallback: "", description: "Its name." },
    ]);
  });

  it("begin at the schema of the application", () => {
    expect(() => configRows("const other = 1;")).toThrow(
      new Error('config/schema.ts has no "appConfigSchema": the table starts there. Rename it back.'),
    );
  });

  it("describe every setting of this project", () => {
    expect(configRows().filter(({ description }) => description === "")).toEqual([]);
  });

  it("cover both targets, once each", () => {
    const paths = configRows().map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["nodes.instanceType", "kubeconfigContext", "chat.cpuCores"]));
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe("the README", () => {
  it("has the tables that npm run docs:config writes", () => {
    const readme = readFileSync(README, "utf8");
    expect(withoutPadding(withTables(readme))).toBe(withoutPadding(readme));
  });

  it("a README without a place for a table is refused", () => {
    expect(() => withTables("# CarePath")).toThrow("docs/configuration.md has no place for a table.");
  });
});

/** Prettier pads the cells of a table; the words are what counts. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/-{3,}/g, "---").replace(/ +/g, " ");
}
