import { z } from "zod";

import { settings } from "../../../commands/docs-config/settings";

const schema = z.strictObject({
  inner: z
    .strictObject({
      count: z.int().min(1).max(1000).default(7).describe("How many."),
      least: z.int().min(2).optional(),
      some: z.int(),
      share: z.number().positive(),
      on: z.boolean(),
    })
    .optional()
    .describe("A group."),
  choice: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("none").describe("Nothing more.") }),
    z.strictObject({ type: z.literal("named"), name: z.string().meta({ rule: "must be a name" }).optional() }),
  ]),
  kind: z.enum(["ON_DEMAND", "SPOT"]),
  code: z.string().meta({ rule: "must not be empty" }),
  days: z.literal([1, 2, 3, 4, 5, 6, 7]).meta({ rule: "must be a day" }),
  places: z
    .record(z.string(), z.strictObject({ id: z.string().describe("Its id."), size: z.int().default(1) }))
    .meta({ key: "PLACE" })
    .default({})
    .describe("Where."),
  others: z.record(z.string(), z.strictObject({ id: z.string() })),
  labels: z.array(z.record(z.string(), z.string())).min(2).max(3),
});

it("reads value, bounds, default and description of every setting from the schema", () => {
  const rows = settings(schema).map(({ path, type, required, fallback, description }) =>
    [path, type, required ? "required" : (fallback ?? ""), description].join(" | "),
  );
  expect(rows).toEqual([
    "inner | group |  | A group.",
    "inner.count | whole number, 1 to 1000 | 7 | How many.",
    "inner.least | whole number, at least 2 |  | ",
    "inner.some | whole number | required | ",
    "inner.share | number, more than 0 | required | ",
    "inner.on | true or false | required | ",
    "choice | one of the following | required | ",
    'choice[none].type | "none" | required | Nothing more.',
    'choice[named].type | "named" | required | ',
    "choice[named].name | a name |  | ",
    'kind | "ON_DEMAND" or "SPOT" | required | ',
    "code | text, must not be empty | required | ",
    "days | a day | required | ",
    "places | a group for each PLACE | {} | Where.",
    "places.PLACE.id | text | required | Its id.",
    "places.PLACE.size | whole number | 1 | ",
    "others | a group for each KEY | required | ",
    "others.KEY.id | text | required | ",
    "labels | list of 2 to 3, each map of texts | required | ",
  ]);
});

it("shows what the targets share once, and both meanings where they differ", () => {
  const targets = z.discriminatedUnion("target", [
    z.strictObject({ target: z.literal("a").describe("One."), shared: z.string().describe("Both.") }),
    z.strictObject({ target: z.literal("b").describe("Two."), shared: z.string().describe("Both.") }),
  ]);
  expect(settings(targets).map(({ path, type, description }) => [path, type, description])).toEqual([
    ["target", '"a" or "b"', "One. / Two."],
    ["shared", "text", "Both."],
  ]);
});

it("finds a description of every setting of this project, and the value of a whole number", () => {
  const all = settings();
  expect(all.filter(({ description }) => description === "")).toEqual([]);
  expect(all.find(({ path }) => path === "chat.cpuCores")?.type).toBe("whole number, 1 to 256");
  expect(all.map(({ path }) => path)).toEqual(expect.arrayContaining(["nodes.instanceType", "kubeconfigContext"]));
  expect(all.map(({ path }) => path)).toEqual(expect.arrayContaining(["network.existing.subnets.ZONE.cidr"]));
});

it("sends the reader of a hub model to its config.json: it has no GGUF header", () => {
  const hub = settings().filter(({ path }) => path.startsWith("chat.model[hub].shape"));
  expect(hub).toHaveLength(4);
  for (const { description } of hub) expect(description).toContain("config.json");
});
