/** `npm run validate`: what Terraform itself says about every stack of every environment, without AWS. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { InvalidArgumentError } from "@commander-js/extra-typings";

import { STATE_STACK } from "../../config/names";
import { FROM_USER, npmCommand, run } from "../lib/command-line";
import { stackFolders } from "../lib/stack-folders";
import { EXAMPLES, withExample } from "../lib/synthesize";
import { installedTerraformProblem } from "../lib/terraform-version";
import {
  checkStack,
  type CheckResult,
  type Outcome,
  prepareStack,
  type ProviderVersions,
  requiredProviders,
  type StackJson,
  summarize,
} from "./validate-stack";

export const command = npmCommand(
  "validate",
  "Runs terraform validate on every stack of every environment, as JSON and as HCL, without AWS.",
)
  .option("--require", "fail too when a stack could not be checked", false)
  .option("--provider <name=version>", "a version instead of the pinned one; may be repeated", version, {})
  .addHelpText(
    "after",
    "\nTerraform gets the providers as it is set up to: from the registry, or from a mirror that TF_CLI_CONFIG_FILE names.\n" +
      "Exit code 1 when a stack is invalid.",
  );

function version(value: string, before: ProviderVersions): ProviderVersions {
  const [, name, number] = /^([a-z]+)=(\d+\.\d+\.\d+)$/.exec(value) ?? [];
  if (name === undefined || number === undefined) throw new InvalidArgumentError("Write it as aws=6.47.0.");
  return { ...before, [name]: number };
}

function main(argv: readonly string[]): number {
  const { require: required, provider: versions } = command.parse(argv, FROM_USER).opts();
  const problem = installedTerraformProblem(process.env);
  if (problem !== undefined) {
    say(`SKIPPED, nothing was validated: ${problem}`);
    return required ? 1 : 0;
  }
  for (const [name, number] of Object.entries(versions))
    say(`provider ${name}: ${number} instead of the pinned version`);
  const cache = mkdtempSync(join(tmpdir(), "carepath-providers-"));
  try {
    const env = { TF_PLUGIN_CACHE_DIR: cache, ...process.env, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
    const outcomes = Object.keys(EXAMPLES).flatMap((example) =>
      withExample(example, (json) =>
        withExample(
          example,
          (hcl) =>
            stackFolders(json).flatMap(({ name, folder }, index) => {
              const text = readFileSync(join(stackFolders(hcl)[index]?.folder ?? "", "cdk.tf"), "utf8");
              const stack = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as StackJson;
              return [asJson(name, stack, versions, env), asHcl(name, stack, text, versions, env)];
            }),
          { hcl: true },
        ),
      ),
    );
    const { text, passed } = summarize(outcomes, required);
    say(text);
    return passed ? 0 : 1;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** The cluster stack and the state bucket are planned as well: they read nothing from AWS. */
function asJson(name: string, stack: StackJson, versions: ProviderVersions, env: NodeJS.ProcessEnv): Outcome {
  const files = { "cdk.tf.json": JSON.stringify(prepareStack(stack, versions)) };
  const plan = name.endsWith("-cluster") || name === STATE_STACK;
  return show(name, checkStack({ files, env, plan, substituted: substitutes(versions) }));
}

/** What HCL says is the same, so its grammar, its types and its format are checked. */
function asHcl(
  name: string,
  stack: StackJson,
  text: string,
  versions: ProviderVersions,
  env: NodeJS.ProcessEnv,
): Outcome {
  const override = JSON.stringify({ terraform: { required_providers: requiredProviders(stack, versions) } });
  const files = { "cdk.tf": text, "versions_override.tf.json": override };
  return show(`${name} (HCL)`, checkStack({ files, env, format: "cdk.tf", substituted: substitutes(versions) }));
}

function substitutes(versions: ProviderVersions): boolean {
  return Object.keys(versions).length > 0;
}

function show(name: string, { outcome, text }: CheckResult): Outcome {
  say(`${outcome.padEnd(11)} ${name}: ${text}`);
  return outcome;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (require.main === module) void run(main);
