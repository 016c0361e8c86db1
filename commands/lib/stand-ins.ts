import { finding, sentence } from "../../config/config-error";
import { inspectConfig } from "../../config/load";

/** What an environment does not have yet, and variables that stand for it. */
export interface StandIns {
  readonly variables: Readonly<Record<string, string>>;
  /** A sentence with its fix for each of them. */
  readonly missing: readonly string[];
}

/** For a synth that is never deployed, such as that of a rehearsal. Other problems stay: synth shows them. */
export function standIns(env: NodeJS.ProcessEnv): StandIns {
  const problems = inspectConfig(env).problems.filter(({ missing }) => missing !== undefined);
  return {
    variables: Object.fromEntries(problems.map(({ missing = "" }) => [missing, "stand-in"])),
    missing: problems.map((problem) => `${finding(problem)} ${sentence(problem.fix)}`),
  };
}
