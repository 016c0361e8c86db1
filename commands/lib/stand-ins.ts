import { finding, sentence } from "../../config/config-error";
import { inspectConfig } from "../../config/load";

/** What an environment does not have yet, and variables that stand for it. */
export interface StandIns {
  readonly variables: Readonly<Record<string, string>>;
  /** A sentence with its fix for each of them. */
  readonly missing: readonly string[];
}

/** Values for variables whose form is checked; any text will do for the others. */
const VALUES: Readonly<Record<string, string>> = {
  CAREPATH_HOST: "stand-in.example",
  CAREPATH_HOSTED_ZONE_ID: "ZSTANDIN",
  CAREPATH_SOURCE_CIDRS: "192.0.2.0/24",
};

/** For a synth that is never deployed, such as that of a rehearsal. Other problems stay: synth shows them. */
export function standIns(env: NodeJS.ProcessEnv): StandIns {
  const problems = inspectConfig(env).problems.filter(({ missing }) => missing !== undefined);
  return {
    variables: Object.fromEntries(problems.map(({ missing = "" }) => [missing, VALUES[missing] ?? "stand-in"])),
    missing: problems.map((problem) => `${finding(problem)} ${sentence(problem.fix)}`),
  };
}
