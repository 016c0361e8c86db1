/** What every command shares: options and help by commander, one way to report an error, and the exit codes. */
import { Command, CommanderError, Help, InvalidArgumentError } from "@commander-js/extra-typings";

import { ConfigError } from "../../config/config-error";

/** The command was called in a way that it does not know. Shown without a stack trace, exit code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

/**
 * `npm run NAME -- [options]`. Parse it by `command.parse(argv, FROM_USER)`.
 * An unknown option, a surplus word or a bad value throws a {@link UsageError}; `--help` prints the help and throws too.
 */
export function npmCommand(name: string, description: string): Command {
  const call = name === "start" ? "npm start --" : `npm run ${name} --`;
  return new Command(call)
    .description(description)
    .helpOption("-h, --help", "print this text")
    .allowExcessArguments(false)
    .configureHelp({
      optionDescription: (option) => HELP.optionDescription(option).replace(/ \(default: false\)$/, ""),
    })
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      throw new UsageError(`${sentences(error.message)} See ${call} --help.`);
    });
}

const HELP = new Help();

export const FROM_USER = { from: "user" } as const;

/** Bounds of a number that is given on the command line. */
export interface NumberRange {
  readonly minimum?: number;
  readonly maximum?: number;
  /** Exclusive. */
  readonly above?: number;
  readonly whole?: boolean;
}

/** The parser of an option that takes a number. */
export function numberIn({ minimum, maximum, above, whole = false }: NumberRange): (value: string) => number {
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(minimum === undefined ? [] : [`of at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`of at most ${maximum}`]),
  ].join(" and ");
  return (value) => {
    const parsed = Number(value);
    const fits =
      value.trim() !== "" &&
      Number.isFinite(parsed) &&
      parsed >= (minimum ?? -Infinity) &&
      parsed <= (maximum ?? Infinity) &&
      parsed > (above ?? -Infinity) &&
      (!whole || Number.isInteger(parsed));
    if (fits) return parsed;
    throw new InvalidArgumentError(`It must be a ${whole ? "whole " : ""}number ${bounds}.`);
  };
}

/** Words separated by commas. */
export function list(value: string): string[] {
  return value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Runs a command and sets the exit code of the process. */
export async function run(main: (argv: readonly string[]) => number | Promise<number>): Promise<void> {
  // The SDK of AWS warns of Node 20 in eight lines. `engines` says which versions this project runs on.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error, (text) => process.stderr.write(text));
  }
}

/**
 * Shows what a command threw.
 * @returns the exit code: 0 after `--help`, 2 for bad usage, 1 for everything else that names no code
 */
export function report(error: unknown, print: (text: string) => void): number {
  if (error instanceof CommanderError) return error.exitCode;
  const code = error instanceof Error && "exitCode" in error ? error.exitCode : undefined;
  if (typeof code === "number" || error instanceof ConfigError) {
    print(`${(error as Error).message}\n`);
    return typeof code === "number" ? code : 1;
  }
  print(`${isBug(error) ? (error.stack ?? error.message) : errorLine(error)}\n`);
  return 1;
}

/** Name and message of whatever was thrown, in one line. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
  return text.replace(/\s+/g, " ");
}

function isBug(error: unknown): error is Error {
  return [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
}

/** Commander writes `error: unknown option '--x'\n(Did you mean --y?)`. */
function sentences(message: string): string {
  const [first = "", hint] = message.replace(/^error: /, "").split("\n");
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  const ended = sentence.endsWith(".") ? sentence : `${sentence}.`;
  return hint === undefined ? ended : `${ended} ${hint.replace(/^\((.*)\)$/, "$1")}`;
}
