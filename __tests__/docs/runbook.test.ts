import { readFileSync } from "node:fs";
import { join } from "node:path";

const TEXT = readFileSync(join(__dirname, "..", "..", "docs", "runbook.md"), "utf8");

it("the contents name every section, in order", () => {
  const sections = [...TEXT.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  const contents = [...TEXT.matchAll(/^- \[(.*)\]\(#.*\)$/gm)].map(([, title]) => title);
  expect(contents).toEqual(sections);
});

it("names of one environment stand in no command: `status -- --names` prints them", () => {
  const commands = [...TEXT.matchAll(/`(kubectl [^`]*)`|^(kubectl .*)$/gm)].map(
    ([, inline, line]) => inline ?? line ?? "",
  );
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => /carepath-(demo|production)|chat-api/.test(command))).toEqual([]);
});
