import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PRODUCTION_VARIABLES } from "../../helpers/production-variables";
import { writeEnvironment } from "../../../commands/new-environment/environment-file";

const ROOT = join(__dirname, "../../..");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "new-environment-"));
  for (const folder of ["config", "planning", "service/src", "tsconfig.json", "tsconfig.base.json", "package.json"]) {
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What `loadConfig` makes of environments of the copy. */
function load(names: readonly string[], env: NodeJS.ProcessEnv = {}): unknown {
  const script = `
    const { loadConfig } = require("./config/load");
    console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => {
      const { config } = loadConfig({ ...${JSON.stringify(env)}, CAREPATH_ENV: name });
      return [config.environment, config.target, config.chat.namespace];
    })));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--eval", script], {
    cwd: root,
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

it("writes files that pass as they are, each under its own name and in its own namespace", () => {
  expect(writeEnvironment({ root, name: "staging", from: "demo" })).toEqual([
    "config/environments/staging.ts",
    "config/environments/index.ts",
  ]);
  writeEnvironment({ root, name: "eu-west", from: "local" });
  expect(load(["staging", "eu-west", "demo"])).toEqual([
    ["staging", "eks", "carepath-staging"],
    ["eu-west", "existing-cluster", "carepath-eu-west"],
    ["demo", "eks", "carepath-demo"],
  ]);
  expect(readFileSync(join(root, "config/environments/index.ts"), "utf8")).toContain(
    '{ demo, production, local, scale, staging, "eu-west": euWest }',
  );
});

it("a copy of production needs the same variables as production", () => {
  writeEnvironment({ root, name: "live", from: "production" });
  expect(load(["live"], PRODUCTION_VARIABLES)).toEqual([["live", "eks", "carepath-live"]]);
});

it.each<[Partial<Parameters<typeof writeEnvironment>[0]>, string]>([
  [
    { name: "Staging" },
    '"Staging" must be 2 to 20 lower-case letters, digits and hyphens, a letter first. Write one like "staging".',
  ],
  [{ name: "local" }, "config/environments/local.ts exists already. Choose another name, or edit it."],
  [{ name: "export" }, '"export" is a word of TypeScript. Choose another name.'],
  [
    { name: "staging", from: "prod" },
    "--from prod: config/environments/prod.ts does not exist. Name one of demo, local, production, scale.",
  ],
])("refuses %j", (props, message) => {
  expect(() => writeEnvironment({ root, name: "x1", from: "demo", ...props })).toThrow(message);
});
