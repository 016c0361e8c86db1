import { type z } from "zod";
import { ApiError } from "../api-error.js";

/**
 * Checks a body against its schema. The message names the first field that is wrong and the rule that it breaks; it
 * never quotes the value, which may be what a patient wrote.
 *
 * @throws {ApiError} 400
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = formatPath(issue?.path ?? []);
  throw new ApiError(
    400,
    path === "" ? "The body must be a JSON object." : `${path}: ${issue?.message ?? "invalid"}.`,
    { code: "invalid_request", ...(path === "" ? {} : { param: path }) },
  );
}

/** True when no value lies deeper than 32 levels: what walks a schema does so by recursion. */
export function shallowEnough(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > 32) return false;
    level = level.flatMap((item): unknown[] => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return true;
}

/** `messages[0].role`, as OpenAI writes it. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((joined, key) => {
    if (typeof key === "number") return `${joined}[${key}]`;
    return joined === "" ? String(key) : `${joined}.${String(key)}`;
  }, "");
}
