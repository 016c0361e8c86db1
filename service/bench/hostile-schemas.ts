import { readFileSync } from "node:fs";

import { PATHS } from "../src/contract.js";
import { type Benchmark } from "./benchmark.js";
import { withService, HOST, probeUntil, quantiles } from "./service-process.js";

type Schema = Record<string, unknown>;
const REQUESTS = 100;
const ANSWER_TOKENS = 4;
/** Requests before the first look at the memory: the heap and the allocator have grown to their size by then. */
const WARM_UP = 300;

/**
 * A hundred schemas that were written to do harm: what a probe of /health waits meanwhile, and what memory they leave
 * behind. The bounds are tested in `schema-grammar.test.ts`; the time and the memory that they mean are measured here.
 */
export const hostileSchemas: Benchmark = {
  name: "hostile-schemas",
  purpose: `what a probe of /health waits, and what memory is left, after ${REQUESTS} schemas that are made to do harm`,
  run: async ({ modelPath }) =>
    withService(modelPath, async ({ port, pid }) => {
      const statuses = new Map<number, number>();
      const send = async (from: number, count: number): Promise<void> => {
        for (let index = from; index < from + count; index += 1) {
          const status = await ask(port, hostile(index));
          if (from > 0) statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await send(0, WARM_UP);
      const before = residentMiB(pid);
      let done = false;
      const sent = send(WARM_UP, REQUESTS).finally(() => (done = true));
      const waits = await probeUntil(port, () => Promise.resolve(done));
      await sent;
      const after = residentMiB(pid);
      return [
        ...quantiles("health", waits),
        { name: "memory before", value: before, unit: "MiB" },
        { name: "memory after", value: after, unit: "MiB" },
        { name: "growth", value: (after / before - 1) * 100, unit: "%" },
        ...[...statuses].map(([status, count]) => ({ name: `answered ${status}`, value: count, unit: "" })),
      ];
    }),
};

/** Some are refused, and some are as large as a grammar may be. No two are the same. */
function hostile(index: number): Schema {
  const many = (count: number, property: (index: number) => Schema): Schema =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, property(at)]));
  const kinds: (() => Schema)[] = [
    () => object(many(1900, (at) => ({ type: "string", maxLength: 2000 - (at % 1000) }))),
    () => object(many(500, () => ({ type: "string", maxLength: 2000 }))),
    () => object(many(45, () => ({ type: "array", items: { type: "integer" }, maxItems: 90 + (index % 9) }))),
    () => ({ enum: Array.from({ length: 20_000 }, (_, at) => `value ${at}`) }),
    () => ({ enum: Array.from({ length: 8000 }, (_, at) => `${(at * 7919 + index) % 100_003}`) }),
    () => ({ type: "array", items: { type: "string", maxLength: 10_000 }, minItems: 2000, maxItems: 2000 }),
    () => ({ type: "string", pattern: `^(${"(a|b)?c".repeat(60)}){1,900}$` }),
    () => ({ type: "string", pattern: `^${"[a-z]*".repeat(6)}$` }),
    () => ({ allOf: Array.from({ length: 150 }, (_, at) => ({ properties: { [`p${at}`]: { type: "string" } } })) }),
    () => ({
      oneOf: Array.from({ length: 60 }, (_, at) => object({ kind: { const: at }, value: { type: "number" } })),
    }),
    () => ({ anyOf: Array.from({ length: 5000 }, (_, at) => ({ const: at })) }),
    () => ({
      $ref: "#/$defs/a",
      $defs: {
        a: { anyOf: [1, 2].map((least) => ({ type: "array", items: { $ref: "#/$defs/a" }, minItems: least })) },
      },
    }),
    () => ({ ...object(many(120, () => ({ type: "null" }))), required: [] }),
    () =>
      Array.from({ length: 25 }).reduce<Schema>((items) => ({ type: "array", items, maxItems: 200 }), { type: "null" }),
    () => ({ type: { toString: 1 } }),
  ];
  const schema = kinds[index % kinds.length]?.() ?? {};
  return { ...schema, $comment: `${index}` };
}

function object(properties: Schema): Schema {
  return { type: "object", properties, required: Object.keys(properties) };
}

async function ask(port: number, schema: Schema): Promise<number> {
  const response = await fetch(`http://${HOST}:${port}${PATHS.chatCompletions}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ role: "user", content: "Go on." }],
      max_tokens: ANSWER_TOKENS,
      response_format: { type: "json_schema", json_schema: { name: "hostile", schema } },
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
