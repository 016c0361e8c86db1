import { parseOptions } from "../../commands/rehearse/options";
import { UsageError } from "../../rehearsal/options";

const parse = (...argv: string[]) => parseOptions(argv, {});

it("defaults", () => {
  expect(parse()).toEqual({
    story: false,
    all: false,
    json: false,
    svg: undefined,
    environment: "demo",
    synthesized: undefined,
    model: undefined,
    modelCache: undefined,
    port: 0,
    slowDiskMibps: undefined,
    slowNetworkMibps: undefined,
    loadSeconds: 0,
    cpus: undefined,
    killDuring: undefined,
    corruptCache: false,
    diskFull: false,
    hold: true,
    speedup: 1,
    speedupGiven: false,
  });
});

it("--env wins over CAREPATH_ENV, and an empty CAREPATH_ENV is none", () => {
  expect(parseOptions([], { CAREPATH_ENV: "local" }).environment).toBe("local");
  expect(parseOptions(["--env", "production"], { CAREPATH_ENV: "local" }).environment).toBe("production");
  expect(parseOptions([], { CAREPATH_ENV: "" }).environment).toBe("demo");
});

it.each([
  ["--load-second", "Unknown option '--load-second'. Did you mean --load-seconds?"],
  ["demo", "Too many arguments. Expected 0 arguments but got 1."],
  ["--svg", "Option '--svg <file>' argument missing."],
  ["--port=0", "It must be a whole number of at least 1 and of at most 65535."],
  ["--slow-disk=0", "It must be a number above 0."],
  ["--load-seconds=3601", "It must be a number of at least 0 and of at most 3600."],
  ["--speedup=0.5", "It must be a number of at least 1 and of at most 100."],
  ["--speedup=101", "It must be a number of at least 1 and of at most 100."],
  ["--cpus=many", "It must be a number above 0 and of at most 1024."],
  ["--kill-during=lunch", "Allowed choices are download, load, answer."],
])("refuses %s", (argument, message) => {
  expect(() => parse(argument)).toThrow(message);
});

it.each([
  ["--port=65535", "port", 65_535],
  ["--load-seconds=3600", "loadSeconds", 3600],
  ["--speedup=100", "speedup", 100],
  ["--cpus=0.5", "cpus", 0.5],
] as const)("takes %s", (argument, field, value) => {
  expect(parse(argument)[field]).toBe(value);
});

it("holds the planned start unless an option says how the start goes", () => {
  expect(parse("--cpus", "1", "--speedup", "4").hold).toBe(true);
  for (const option of [
    ["--no-hold"],
    ["--model", "x.gguf"],
    ["--load-seconds", "0"],
    ["--slow-network", "1"],
    ["--kill-during", "load"],
    ["--corrupt-cache"],
    ["--synthesized", "cdktf.out"],
  ]) {
    expect(parse(...option).hold).toBe(false);
  }
});

it("refuses --all without --story", () => {
  expect(() => parse("--all")).toThrow("--all is for the tables of --story. Add --story, or leave out --all.");
});

it("refuses conditions that need the same cache", () => {
  expect(() => parse("--corrupt-cache", "--disk-full")).toThrow(
    "--corrupt-cache and --disk-full contradict each other: each needs its own cache. Choose one.",
  );
  expect(() => parse("--disk-full", "--model-cache", "x")).toThrow(
    "--disk-full and --model-cache contradict each other",
  );
});

it.each([
  [
    ["--kill-during", "load"],
    "--story and --kill-during contradict each other: the story is a replay on a virtual clock and starts no service. Leave out --story or the other.",
  ],
  [
    ["--speedup", "2", "--disk-full"],
    "--story and --disk-full, --speedup contradict each other: the story is a replay on a virtual clock and starts no service. Leave out --story or the others.",
  ],
])("--story refuses %j, which it would ignore", (flags, message) => {
  expect(() => parse("--story", ...flags)).toThrow(new UsageError(message));
});

it("--story takes what it heeds", () => {
  const given = parse("--story", "--env", "local", "--synthesized", "cdktf.out", "--json", "--svg", "x.svg");
  expect(given).toMatchObject({ story: true, environment: "local", synthesized: "cdktf.out", json: true });
});
