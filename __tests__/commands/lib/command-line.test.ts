import { spawnSync } from "node:child_process";

import { FROM_USER, npmCommand, numberIn, report, UsageError } from "../../../commands/lib/command-line";
import { ConfigError } from "../../../config/config-error";

const parse = (...argv: string[]) =>
  npmCommand("it", "Does it.")
    .option("--all", "everything", false)
    .option("--name <name>", "whose")
    .option("--port <number>", "where", numberIn({ minimum: 1, maximum: 65_535, whole: true }))
    .parse(argv, FROM_USER)
    .opts();

function reported(error: unknown): [number, string] {
  let text = "";
  const code = report(error, (more) => (text += more));
  return [code, text];
}

describe("the options of a command", () => {
  it("are read with their types", () => {
    expect(parse("--all", "--name", "x", "--port", "65535")).toEqual({ all: true, name: "x", port: 65_535 });
    expect(parse()).toEqual({ all: false });
  });

  it.each([
    [["--bogus"], "Unknown option '--bogus'."],
    [["--al"], "Unknown option '--al'. Did you mean --all?"],
    [["--name"], "Option '--name <name>' argument missing."],
    [["surplus"], "Too many arguments. Expected 0 arguments but got 1."],
    [
      ["--port", "0"],
      "Option '--port <number>' argument '0' is invalid. It must be a whole number of at least 1 and of at most 65535.",
    ],
  ])("refuses %j and names the help", (argv, line) => {
    expect(() => parse(...argv)).toThrow(new UsageError(`${line} See npm run it -- --help.`));
  });

  it.each(["--help", "-h"])("prints the help for %s, and does nothing else", (option) => {
    const print = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      let thrown: unknown;
      try {
        parse(option);
      } catch (error) {
        thrown = error;
      }
      expect(reported(thrown)).toEqual([0, ""]);
      expect(print.mock.calls.join("")).toMatch(
        /^Usage: npm run it -- \[options\]\n\nDoes it\.\n[^]*--all +everything\n/,
      );
    } finally {
      print.mockRestore();
    }
  });

  it.each([
    [{ above: 0 }, "0", "It must be a number above 0."],
    [{ minimum: 0, maximum: 5 }, "5.1", "It must be a number of at least 0 and of at most 5."],
    [{ above: 0, maximum: 5 }, "many", "It must be a number above 0 and of at most 5."],
    [{ minimum: 1, whole: true }, "1.5", "It must be a whole number of at least 1."],
    [{ minimum: 0 }, " ", "It must be a number of at least 0."],
  ])("a number in %j is not %j", (range, value, message) => {
    expect(() => numberIn(range)(value)).toThrow(message);
  });
});

describe("the report of an error", () => {
  it("is the message and exit code 2 for bad usage", () => {
    expect(reported(new UsageError("--x is wrong."))).toEqual([2, "--x is wrong.\n"]);
  });

  it("is the message and exit code 1 for a configuration that is refused", () => {
    const problem = { path: "CAREPATH_ENV", actual: "x", rule: "is unknown", fix: "Fix" };
    const error = new ConfigError("CAREPATH_ENV", [problem]);
    expect(reported(error)).toEqual([1, `${error.message}\n`]);
  });

  it("is one line for what a service answered, with the name of the error", () => {
    const error = Object.assign(new Error("no\n  credentials"), { name: "CredentialsProviderError" });
    expect(reported(error)).toEqual([1, "CredentialsProviderError: no credentials\n"]);
    expect(reported(new Error("not there"))).toEqual([1, "not there\n"]);
  });

  it("hides no bug", () => {
    expect(reported(new TypeError("a bug"))).toEqual([1, expect.stringMatching(/^TypeError: a bug\n +at /)]);
  });
});

it("the exit code of the process is that of the report", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "commands/synth/main.ts", "--hlc"],
    { encoding: "utf8" },
  );
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toBe("Unknown option '--hlc'. Did you mean --hcl? See npm run synth -- --help.\n");
});
