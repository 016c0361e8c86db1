/** `npm run diff`: what a deploy would change, stack by stack. */
import { resolve } from "node:path";

import { cdktfCalls, cdktfCommand, cdktfEnvironment, invocationOf, runCdktf } from "../lib/cdktf";
import { FROM_USER, run } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { stackFolders } from "../lib/stack-folders";
import { synthesize } from "../lib/synthesize";
import { requireTerraform } from "../lib/terraform-version";

export const command = cdktfCommand("diff", "Shows what a deploy would change.");

function main(argv: readonly string[]): number {
  const { output, skipSynth } = command.parse(argv, FROM_USER).opts();
  const invocation = invocationOf("diff", command);
  const env = cdktfEnvironment(process.env, invocation.terminal);
  requireTerraform(env);
  const outputFolder = resolve(ROOT, output);
  if (skipSynth !== true) {
    const status = synthesize({ outputFolder, env });
    if (status !== 0) return status;
  }
  // A failing stack does not end the diff: the later ones often fail only because it is not deployed yet.
  return cdktfCalls(invocation, () => stackFolders(outputFolder).map(({ name }) => name)).reduce(
    (worst, words) => Math.max(worst, runCdktf(words, env)),
    0,
  );
}

if (require.main === module) void run(main);
