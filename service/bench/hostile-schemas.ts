import { type Benchmark, median } from "./benchmark.js";
import { readProcess, statusOfChat } from "./http-client.js";
import { probeUntil, quantiles, statusFigures, withService } from "./service-process.js";

type Schema = Record<string, unknown>;
const REQUESTS = 100;
const ANSWER_TOKENS = 4;
/** Rounds of requests; before the first look at the memory, the heap and the allocator grow to their size. */
const WARM_UP_ROUNDS = 3;
const ROUNDS = 9;
const MOST_HEALTH_MS = 1000;
const MOST_GROWTH_PERCENT = 5;

/**
 * A hundred schemas that were written to do harm, several times over: what a probe of /health waits meanwhile, and whether
 * the memory levels off. The native state of a grammar is freed with the garbage of JavaScript, so single readings go up
 * and down by the garbage of one collection (about 50 MiB): medians of several rounds are compared. The bounds are tested in
 * `schema-grammar.test.ts`; the time and the memory that they mean are measured here.
 */
export const hostileSchemas: Benchmark = {
  name: "hostile-schemas",
  purpose: `what a probe of /health waits, and what memory is left, after ${REQUESTS} schemas that are made to do harm`,
  run: async ({ modelPath }) =>
    withService(modelPath, async ({ port }) => {
      const statuses: number[] = [];
      const waits: number[] = [];
      const resident: number[] = [];
      for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
        let done = false;
        const send = async (): Promise<void> => {
          for (let index = 0; index < REQUESTS; index++) {
            statuses.push(await statusOfChat(port, under(hostile(round * REQUESTS + index))));
          }
        };
        const sent = send().finally(() => (done = true));
        waits.push(...(await probeUntil(port, () => Promise.resolve(done))));
        await sent;
        resident.push((await readProcess(port)).residentMiB);
      }
      console.log(`  memory after each round, MiB: ${resident.map((value) => value.toFixed(0)).join(" ")}`);
      const settled = resident.slice(WARM_UP_ROUNDS);
      const [before, after] = [median(settled.slice(0, ROUNDS / 3)), median(settled.slice(-ROUNDS / 3))];
      return [
        ...quantiles("health", waits, MOST_HEALTH_MS),
        { name: "memory, rounds 4 to 6", value: before, unit: "MiB" },
        { name: "memory, rounds 10 to 12", value: after, unit: "MiB" },
        { name: "growth", value: (after / before - 1) * 100, unit: "%", most: MOST_GROWTH_PERCENT },
        ...statusFigures(statuses),
      ];
    }),
};

/** One of a row of schemas: some are refused, and some are as large as a grammar may be. No two are the same. */
export function hostile(index: number): Schema {
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

/** A request for a short answer under a schema. */
export function under(schema: Schema): object {
  return {
    messages: [{ role: "user", content: "Go on." }],
    max_tokens: ANSWER_TOKENS,
    response_format: { type: "json_schema", json_schema: { name: "hostile", schema } },
  };
}
