import {
  constraints,
  isSchema,
  type Kind,
  KIND_KEYWORDS,
  kindOf,
  KINDS,
  quoted,
  refuse,
  refuseUnknown,
  type Schema,
  typesOf,
} from "./keywords.js";
import { allowed, excludeEachOther, merge, propertiesOf } from "./merge-schemas.js";

/** What is looked at counts, however often it is the same: `$ref`, `allOf` and `oneOf` can multiply a small schema. */
export const MOST_VISITS = 20_000;

/** A schema with its definitions: follows references and joins what belongs together. */
export class SchemaDocument {
  readonly #kinds = new WeakMap<Schema, ReadonlySet<Kind>>();
  readonly #flat = new WeakMap<Schema, Schema>();

  constructor(
    readonly root: unknown,
    /** How messages call the root. */
    readonly param: string,
    /** Pieces of work that are left, for this document and others that share it. */
    private readonly budget = { visits: MOST_VISITS },
  ) {}

  /** Counts pieces of work. */
  visit(pieces = 1): void {
    this.budget.visits -= pieces;
    if (this.budget.visits < 0) {
      throw refuse(
        this.param,
        `takes more than ${MOST_VISITS} steps to read. Use fewer parts of allOf, oneOf and anyOf`,
      );
    }
  }

  /** True for a schema that is nothing but a reference: its definition becomes one rule, which may use itself. */
  isReference(schema: Schema): boolean {
    return "$ref" in schema && constraints(schema).length === 1;
  }

  /** @throws {UnsupportedRequestError} when there is nothing at that place */
  target(reference: unknown, path: string): { readonly schema: unknown; readonly path: string } {
    let schema = this.root;
    let at = this.param;
    for (const name of pointer(reference)) {
      const list = Array.isArray(schema) ? (schema as unknown[]) : undefined;
      if (
        list
          ? !/^\d+$/.test(name) || list[Number(name)] === undefined
          : !isSchema(schema) || !Object.hasOwn(schema, name)
      ) {
        throw notFound(reference, path);
      }
      schema = list ? list[Number(name)] : (schema as Schema)[name];
      at += list ? `[${name}]` : `.${name}`;
    }
    return { schema, path: at };

    function pointer(given: unknown): string[] {
      if (given === "#") return [];
      if (typeof given !== "string" || !given.startsWith("#/")) throw notFound(given, path);
      try {
        const parts = decodeURIComponent(given.slice(2)).split("/");
        return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
      } catch {
        throw notFound(given, path);
      }
    }
  }

  /** The schema without `$ref` and `allOf`: everything that they add stands beside each other. */
  flatten(schema: Schema, path: string, open: readonly unknown[] = []): Schema {
    const known = this.#flat.get(schema);
    if (known) return known;
    this.visit();
    refuseUnknown(schema, path, schema === this.root);
    const { $ref, allOf, ...own } = schema;
    let flat: Schema = own;
    if ($ref !== undefined) {
      if (open.includes($ref) || open.length > MOST_OPEN) throw endless($ref, path);
      const { schema: found, path: at } = this.target($ref, path);
      flat = this.#merge(flat, this.flatten(asSchema(found, at), at, [...open, $ref]), path);
    }
    if (allOf !== undefined) {
      if (!Array.isArray(allOf) || allOf.length === 0) throw refuse(`${path}.allOf`, "must be a list of schemas");
      allOf.forEach((part: unknown, index) => {
        const at = `${path}.allOf[${index}]`;
        flat = this.#merge(flat, this.flatten(asSchema(part, at), at, open), path);
      });
    }
    this.#flat.set(schema, flat);
    return flat;
  }

  #merge(left: Schema, right: Schema, path: string): Schema {
    this.visit(Object.keys(propertiesOf(left, path)).length + Object.keys(propertiesOf(right, path)).length);
    return merge(left, right, path);
  }

  /** The kinds of values that may be valid; never too few. */
  kinds(schema: unknown, path: string, open: readonly unknown[] = []): ReadonlySet<Kind> {
    if (!isSchema(schema)) return new Set(schema === true ? KINDS : []);
    const known = this.#kinds.get(schema) ?? this.#findKinds(schema, path, open);
    this.#kinds.set(schema, known);
    return known;
  }

  #findKinds(schema: Schema, path: string, open: readonly unknown[]): ReadonlySet<Kind> {
    const flat = this.flatten(schema, path);
    const own =
      allowed(flat)?.map(kindOf) ??
      ownTypes(flat, path).map((type) => (type === "integer" ? "number" : (type as Kind)));
    const alternatives = flat.anyOf ?? flat.oneOf;
    if (!Array.isArray(alternatives)) return new Set(own);
    const opened = [...open, schema];
    if (open.includes(schema) || opened.length > MOST_OPEN) throw endless(alternatives, path);
    const theirs = new Set(alternatives.flatMap((part: unknown) => [...this.kinds(part, path, opened)]));
    return new Set(own.filter((kind) => theirs.has(kind)));
  }

  /** True when no value that is written for one of them is valid under the other. */
  areDisjoint(left: unknown, right: unknown, path: string): boolean {
    const [mine, theirs] = [this.kinds(left, path), this.kinds(right, path)];
    if (![...mine].some((kind) => theirs.has(kind))) return true;
    const [a, b] = [this.flatten(asSchema(left, path), path), this.flatten(asSchema(right, path), path)];
    this.visit((allowed(a)?.length ?? 0) + (allowed(b)?.length ?? 0));
    if (excludeEachOther(allowed(a), allowed(b))) return true;
    const shared = [...mine].filter((kind) => theirs.has(kind));
    if (shared.length !== 1 || shared[0] !== "object" || allowed(a) || allowed(b)) return false;
    const [ours, others] = [propertiesOf(a, path), propertiesOf(b, path)];
    return Object.keys(ours).some(
      (name) =>
        Object.hasOwn(others, name) &&
        this.isAlwaysWritten(a, name, path) &&
        this.isAlwaysWritten(b, name, path) &&
        excludeEachOther(this.#values(ours[name], path), this.#values(others[name], path)),
    );
  }

  /** Required properties are; so are constants, which cost a model nothing and tell alternatives apart. */
  isAlwaysWritten(schema: Schema, name: string, path: string): boolean {
    if (Array.isArray(schema.required) && schema.required.includes(name)) return true;
    return this.#values(propertiesOf(schema, path)[name], path)?.length === 1;
  }

  /** The values that a first property leaves, when alternatives can be told apart by it. */
  firstValues(
    schema: unknown,
    path: string,
  ): { readonly name: string; readonly values: readonly unknown[] } | undefined {
    if (!isSchema(schema)) return undefined;
    const flat = this.flatten(schema, path);
    const properties = propertiesOf(flat, path);
    const [name] = Object.keys(properties);
    if (name === undefined || !this.isAlwaysWritten(flat, name, path)) return undefined;
    const values = this.#values(properties[name], path);
    return values && { name, values };
  }

  #values(schema: unknown, path: string): readonly unknown[] | undefined {
    return isSchema(schema) ? allowed(this.flatten(schema, path)) : undefined;
  }
}

const MOST_OPEN = 32;

export function asSchema(value: unknown, path: string): Schema {
  if (value === true) return {};
  if (isSchema(value)) return value;
  throw refuse(path, value === false ? "(false) allows no value at all" : `(${quoted(value)}) must be a schema`);
}

/** The types that a flat schema allows: those that it names, else those that its keywords speak of, else all. */
export function ownTypes(schema: Schema, path: string): readonly string[] {
  const named = typesOf(schema, path);
  if (named) return named;
  const spoken = KINDS.filter((kind) => KIND_KEYWORDS[kind].some((keyword) => keyword in schema));
  return spoken.length > 0 ? spoken : KINDS;
}

function notFound(reference: unknown, path: string): Error {
  return refuse(`${path}.$ref`, `(${quoted(reference)}) must point into the schema, such as "#/$defs/Name"`);
}

function endless(reference: unknown, path: string): Error {
  return refuse(path, `(${quoted(reference)}) refers to itself before any value begins`);
}
