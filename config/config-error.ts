/**
 * Errors of the configuration: every problem at once, each with path, actual value, rule and fix, so that one run of
 * synth is enough to correct a file.
 */

/** One thing that is wrong, whether the schema or a rule of `config/rules/` found it. A missing full stop is added. */
export interface Problem {
  /** Where it is, as it would be written in TypeScript: `chat.replicas`, `network.zones[1]`. */
  readonly path: string;
  /** The value found there. `undefined` reads as "not set". */
  readonly actual: unknown;
  /** What must hold, and why. */
  readonly rule: string;
  /** What to write instead. */
  readonly fix: string;
  /** A value of this variable solves it, and no number depends on the value: planning and rehearsing go on without. */
  readonly missing?: string;
}

/** Thrown when a configuration cannot be used. `message` is meant to be shown as it is, without a stack trace. */
export class ConfigError extends Error {
  constructor(
    /** What is wrong, e.g. `environment "demo"`. */
    readonly subject: string,
    readonly problems: readonly Problem[],
  ) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      [`${subject}: ${count}`, ...problems.map((problem) => `  - ${finding(problem)} ${sentence(problem.fix)}`)].join(
        "\n",
      ),
    );
    this.name = "ConfigError";
  }
}

/** A problem as a sentence, without its fix. */
export function finding({ path, actual, rule }: Problem): string {
  return `${path} (${show(actual)}): ${sentence(rule)}`;
}

/** Values longer than this are cut: the path says where to look, and a whole object would hide the rule. */
const SHOWN_LENGTH = 120;

function show(value: unknown): string {
  if (value === undefined) return "not set";
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}...`;
}

/** With a full stop. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
