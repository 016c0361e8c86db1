import { type Ambiguity } from "./ambiguity.js";
import { type Expression } from "./expression.js";
import { type RuleBook } from "./rule-book.js";
import { type SchemaDocument } from "./schema-document.js";

/** What is written for a schema, and the definitions that it refers to. */
export interface Value {
  readonly expression: Expression;
  readonly uses: ReadonlySet<string>;
}

/** Where the builder stands. */
export interface Place {
  readonly path: string;
  readonly depth: number;
  /** The definition whose rule is being written. */
  readonly owner: string;
  /** References since the last bracket: one of them again would be a rule that begins with itself. */
  readonly open: readonly string[];
}

/** What the parts of the converter share: one for each kind of value, and one for alternatives. */
export interface SchemaBuilder {
  readonly book: RuleBook;
  readonly document: SchemaDocument;
  readonly ambiguity: Ambiguity;
  /** @throws {UnsupportedRequestError} */
  value(schema: unknown, place: Place): Value;
}

/** A value that refers to no definition. */
export const alone = (expression: Expression): Value => ({
  expression,
  uses: new Set(),
});

export function union(values: readonly Value[]): ReadonlySet<string> {
  return new Set(values.flatMap(({ uses }) => [...uses]));
}
