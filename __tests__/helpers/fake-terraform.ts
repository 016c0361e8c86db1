import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type StackFolder } from "../../commands/lib/stack-folders";

/** How the fake behaves for one stack. */
export interface FakeStack {
  readonly dependencies?: readonly string[];
  /** Whether its state holds a resource already. @default false */
  readonly deployed?: boolean;
  /** Actions of the plan's resources; none makes an empty plan. @default one "create" */
  readonly actions?: readonly (readonly string[])[];
  /** Text of the plan as JSON, instead of one made of `actions`. */
  readonly plan?: string;
  /** Input variables of its configuration. @default none */
  readonly variables?: Readonly<Record<string, object>>;
  /** Exit code of `init`, where it fails. */
  readonly initFails?: number;
  /** Exit code of `plan`, where it fails. */
  readonly planFails?: number;
  /** What `apply` does. @default it succeeds and the stack is deployed */
  readonly apply?: "succeeds" | "fails" | "is killed" | "waits for Ctrl-C";
}

/**
 * A program in place of Terraform: a real process with Terraform's exit codes, which writes its calls to a file. Its folder
 * is an output folder of synth.
 */
export class FakeTerraform {
  readonly binary: string;
  readonly stacks: readonly StackFolder[];
  readonly #folder: string;

  constructor(folder: string, stacks: Readonly<Record<string, FakeStack>>) {
    this.#folder = folder;
    this.binary = join(folder, "terraform");
    writeFileSync(this.binary, `#!${process.execPath}\n${PROGRAM}`);
    chmodSync(this.binary, 0o755);
    const manifest = Object.entries(stacks).map(([name, { dependencies = [] }]) => [
      name,
      { name, workingDirectory: join("stacks", name), dependencies },
    ]);
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks: Object.fromEntries(manifest) as object }));
    this.stacks = Object.entries(stacks).map(([name, fake]) => {
      const of = join(folder, "stacks", name);
      mkdirSync(of, { recursive: true });
      writeFileSync(join(of, "fake.json"), JSON.stringify(fake));
      writeFileSync(join(of, "cdk.tf.json"), JSON.stringify({ variable: fake.variables ?? {} }));
      if (fake.deployed === true) writeFileSync(join(of, "state"), "thing.one\n");
      return { name, folder: of, dependencies: fake.dependencies ?? [] };
    });
  }

  /** Environment in which commands run this program. */
  get env(): NodeJS.ProcessEnv {
    return { PATH: process.env["PATH"], TERRAFORM_BINARY_NAME: this.binary };
  }

  /** `<stack> <arguments>` of every call, in order. */
  get calls(): string[] {
    const file = join(this.#folder, "calls.log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Names of the stacks that were applied, in order. */
  get applied(): string[] {
    return this.calls.filter((call) => call.includes(" apply ")).map((call) => call.split(" ")[0] ?? "");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const PROGRAM = `
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const { basename, join } = require("node:path");
const args = process.argv.slice(2);
if (args[0] === "version") { console.log('{"terraform_version": "1.11.4"}'); process.exit(0); }
const fake = JSON.parse(readFileSync("fake.json", "utf8"));
const actions = fake.actions ?? [["create"]];
appendFileSync(join("..", "..", "calls.log"), basename(process.cwd()) + " " + args.join(" ") + "\\n");
switch (args[0]) {
  case "init":
    if (fake.initFails) { console.error("Error: no provider can be installed"); process.exit(fake.initFails); }
    break;
  case "plan":
    if (fake.planFails) { console.error("Error: this stack cannot be planned"); process.exit(fake.planFails); }
    writeFileSync("plan", "");
    process.exit(actions.length === 0 ? 0 : 2);
  case "show":
    console.log(fake.plan ?? JSON.stringify({
      format_version: "1.2",
      resource_changes: actions.map((of) => ({ change: { actions: of } })),
      prior_state: { values: { root_module: { resources: existsSync("state") ? [{ mode: "managed" }] : [] } } },
    }));
    break;
  case "state":
    if (existsSync("state")) process.stdout.write(readFileSync("state", "utf8"));
    else { console.error("No state file was found!"); process.exit(1); }
    break;
  case "apply":
    writeFileSync("environment.json", JSON.stringify(process.env));
    if (fake.apply === "fails") process.exit(1);
    if (fake.apply === "is killed") process.kill(process.pid, "SIGKILL");
    if (fake.apply === "waits for Ctrl-C") {
      setInterval(() => undefined, 1000);
      process.on("SIGINT", () => { writeFileSync("released", ""); process.exit(1); });
      writeFileSync("applying", "");
    } else writeFileSync("state", "thing.one\\n");
}
`;
