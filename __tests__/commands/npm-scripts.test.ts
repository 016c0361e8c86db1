/** One folder for each npm script, one npm script for each folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { npmCommandOf } from "../helpers/npm-command";

const ROOT = join(__dirname, "../..");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
const started = Object.entries(scripts).flatMap(([name, line]) => {
  const folder = /\bcommands\/([\w-]+)\/main\.\w+$/.exec(line)?.[1];
  return folder === undefined ? [] : [{ name, folder }];
});

it("starts each command in the folder of its name", () => {
  for (const { name, folder } of started) expect(folder).toBe(name.replace(":", "-"));
  const folders = readdirSync(join(ROOT, "commands")).filter((folder) => folder !== "lib");
  expect(started.map(({ folder }) => folder).sort()).toEqual(folders.sort());
});

it.each(started.filter(({ name }) => name !== "test:image"))(
  "npm run $name explains itself and refuses what it does not know",
  async ({ name, folder }) => {
    const command = await npmCommandOf(folder);
    expect(command.helpInformation()).toMatch(new RegExp(`^Usage: npm (run )?${name} -- `));
    expect(() => command.parse(["--no-such-option"], { from: "user" })).toThrow(
      new RegExp(`See npm (run )?${name} -- --help\\.$`),
    );
  },
);
