import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    writeFileSync(this.binary, PROGRAM, { mode: 0o755 });
    const manifest = Object.entries(stacks).map(([name, { dependencies = [] }]) => [
      name,
      { name, workingDirectory: join("stacks", name), dependencies },
    ]);
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks: Object.fromEntries(manifest) as object }));
    this.stacks = Object.entries(stacks).map(([name, fake]) => {
      const of = join(folder, "stacks", name);
      mkdirSync(of, { recursive: true });
      writeFileSync(join(of, "fake.sh"), behaviour(fake));
      writeFileSync(join(of, "new.json"), planJson(fake, false));
      writeFileSync(join(of, "deployed.json"), planJson(fake, true));
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

/** The same as variables of a shell. */
function behaviour({ actions, initFails = 0, planFails = 0, apply = "succeeds" }: FakeStack): string {
  return `init_fails=${initFails} plan_fails=${planFails} planned=${actions?.length === 0 ? 0 : 2} apply='${apply}'\n`;
}

/** What the program says of a plan, before and after there is a state. */
function planJson({ actions = [["create"]], plan }: FakeStack, deployed: boolean): string {
  const resources = deployed ? [{ mode: "managed" }] : [];
  return (
    plan ??
    JSON.stringify({
      format_version: "1.2",
      resource_changes: actions.map((of) => ({ change: { actions: of } })),
      prior_state: { values: { root_module: { resources } } },
    })
  );
}

/** A shell starts in a tenth of the time of Node, and the tests call it a hundred times. */
const PROGRAM = `#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version": "1.11.4"}'; exit; fi
fail() { echo "Error: $1" >&2; exit "$2"; }
. ./fake.sh
printf '%s\\n' "$(basename "$PWD") $*" >>../../calls.log
case $1 in
  init) [ "$init_fails" = 0 ] || fail 'no provider can be installed' "$init_fails" ;;
  plan)
    [ "$plan_fails" = 0 ] || fail 'this stack cannot be planned' "$plan_fails"
    : >plan
    exit "$planned"
    ;;
  show) if [ -e state ]; then cat deployed.json; else cat new.json; fi ;;
  state) if [ -e state ]; then cat state; else fail 'No state file was found!' 1; fi ;;
  apply)
    env -0 >environment
    case $apply in
      fails) exit 1 ;;
      'is killed') kill -KILL $$ ;;
      'waits for Ctrl-C')
        trap ': >released; exit 1' INT
        : >applying
        while :; do sleep 0.05; done
        ;;
      *) echo thing.one >state ;;
    esac
    ;;
esac
`;
