/** The settings of an environment file, from the JSON Schema of `config/schema.ts`. */
import { z } from "zod";

import { appConfigSchema } from "../../config/schema";

/** One setting of an environment file. */
export interface Setting {
  /** Dotted path, with the variant of a union in brackets (`state[s3].bucket`) and a key that you choose in capitals. */
  readonly path: string;
  /** Kind and bounds of the value. */
  readonly type: string;
  readonly required: boolean;
  /** As JSON; undefined where there is none. */
  readonly fallback: string | undefined;
  readonly description: string;
}

/** What is read of a JSON Schema; `rule` and `key` come from the metadata in `config/`. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of a map, what each of its values is. */
  readonly additionalProperties?: JsonSchema | boolean;
  /** What stands for the keys of a map: `ZONE`. */
  readonly key?: string;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly rule?: string;
}

/** Every setting that an environment file may hold, in the order of the schema. */
export function settings(schema: z.ZodType = appConfigSchema): Setting[] {
  const root = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
  const merged = new Map<string, Setting>();
  for (const setting of below(root, "")) {
    const known = merged.get(setting.path) ?? setting;
    const both = (one: string, other: string, word: string) => (one === other ? one : `${one}${word}${other}`);
    merged.set(setting.path, {
      ...known,
      type: both(known.type, setting.type, " or "),
      description: both(known.description, setting.description, " / "),
    });
  }
  return [...merged.values()];
}

/** The settings inside a group. The targets share almost everything, so the top level shows no variant. */
function below(schema: JsonSchema, path: string): Setting[] {
  const { oneOf, properties = {}, required = [], key = "KEY" } = schema;
  const values = valuesOf(schema);
  if (values?.properties !== undefined) return below(values, `${path}.${key}`);
  if (oneOf !== undefined) {
    return oneOf.flatMap((option) => below(option, path === "" ? "" : `${path}[${variantOf(option)}]`));
  }
  return Object.entries(properties).flatMap(([name, schema]) => {
    const child = path === "" ? name : `${path}.${name}`;
    const inside = below(schema, child);
    const setting: Setting = {
      path: child,
      type: typeText(schema),
      required: required.includes(name),
      fallback: inside.length === 0 || schema.oneOf || valuesOf(schema) ? JSON.stringify(schema.default) : undefined,
      description: schema.description ?? "",
    };
    return [setting, ...inside];
  });
}

/** What the values of a map are; undefined for a group, which has the keys of the schema only. */
function valuesOf({ additionalProperties: values }: JsonSchema): JsonSchema | undefined {
  return typeof values === "object" ? values : undefined;
}

/** The value by which a variant is chosen. */
function variantOf({ properties = {} }: JsonSchema): string {
  return String(Object.values(properties).find((property) => property.const !== undefined)?.const ?? "");
}

/** Longer lists are described by their rule. */
const LISTED_VALUES = 6;

function typeText(schema: JsonSchema): string {
  const { type, oneOf, enum: values, rule, format } = schema;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (oneOf !== undefined) return "one of the following";
  if (values !== undefined && (values.length <= LISTED_VALUES || rule === undefined)) {
    return values.map((value) => JSON.stringify(value)).join(" or ");
  }
  switch (type) {
    case "integer":
    case "number":
      return ruleText(values && rule) ?? numberText(schema);
    case "boolean":
      return "true or false";
    case "array":
      return `list${lengthText(schema)}${schema.items ? `, each ${typeText(schema.items)}` : ""}`;
    case "object":
      if (schema.properties !== undefined) return "group";
      return valuesOf(schema)?.properties === undefined ? "map of texts" : `a group for each ${schema.key ?? "KEY"}`;
    default:
      return ruleText(rule) ?? (format === "uri" ? "URL" : "text");
  }
}

/** `must be a key prefix` -> `a key prefix`. */
function ruleText(rule: string | undefined): string | undefined {
  return rule === undefined ? undefined : rule.startsWith("must be ") ? rule.slice("must be ".length) : `text, ${rule}`;
}

function numberText({ type, minimum = -Infinity, maximum = Infinity, exclusiveMinimum }: JsonSchema): string {
  const kind = type === "integer" ? "whole number" : "number";
  // JSON Schema bounds every whole number by what a double can hold.
  const [from, to] = [Number.isSafeInteger(minimum - 1), Number.isSafeInteger(maximum + 1)];
  if (from && to) return `${kind}, ${minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined) return `${kind}, more than ${exclusiveMinimum}`;
  return from ? `${kind}, at least ${minimum}` : to ? `${kind}, at most ${maximum}` : kind;
}

function lengthText({ minItems, maxItems }: JsonSchema): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems}`;
  if (minItems !== undefined) return ` of at least ${minItems}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems}`;
}
