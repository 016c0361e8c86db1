import { spawnSync } from "node:child_process";

import { commandLine, UsageError } from "../../../commands/lib/command-line";

const USAGE = "usage: npm run it [-- --all]\n";
const OPTIONS = { all: { type: "boolean", default: false }, name: { type: "string" } } as const;

test("options as they are", () => {
  expect(commandLine(USAGE, ["--all", "--name", "x"], OPTIONS)).toEqual({ all: true, name: "x" });
});

test.each(["--help", "-h"])("%s prints the usage, and nothing else is done", (option) => {
  const printed: string[] = [];
  expect(commandLine(USAGE, ["--all", option], OPTIONS, (text) => printed.push(text))).toBeUndefined();
  expect(printed).toEqual([USAGE]);
});

test.each([
  [["--bogus"], "Unknown option '--bogus'"],
  [["--name"], "Option '--name <value>' argument missing"],
  [["surplus"], "Unexpected argument 'surplus'. This command does not take positional arguments"],
])("%j is refused in one line, with the usage", (argv, line) => {
  expect(() => commandLine(USAGE, argv, OPTIONS)).toThrow(new UsageError(`${line}\n\nusage: npm run it [-- --all]`));
});

test.each([
  ["doctor/main.ts", "usage: npm run doctor [-- options]"],
  ["validate/main.ts", "usage: npm run validate [-- options]"],
  ["image/main.ts", "usage: npm run image [-- options]"],
  ["diff-comment/main.ts", "usage: npm run diff-comment [-- options]"],
  ["bootstrap-state/main.ts", "usage: npm run bootstrap-state [-- synth | diff | deploy] [options]"],
])(
  "%s: exit code 2 for an option that it does not know, 0 for --help",
  (script, usage) => {
    const run = (option: string) =>
      spawnSync(process.execPath, ["--import", "tsx", `commands/${script}`, option], { encoding: "utf8" });
    const bogus = run("--bogus");
    expect(bogus.status).toBe(2);
    expect(bogus.stdout).toBe("");
    expect(bogus.stderr.split("\n").slice(0, 3)).toEqual(["Unknown option '--bogus'", "", usage]);
    const help = run("--help");
    expect(help.status).toBe(0);
    expect(help.stdout.split("\n")[0]).toBe(usage);
  },
  60_000,
);
