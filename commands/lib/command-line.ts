import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T }>>["values"];

/** A misuse of a script: shown without a stack trace, exit code 2. */
export class UsageError extends Error {}

/**
 * The options of a command; undefined when `--help` was among them and `usage` has been printed.
 * @throws {UsageError} for anything else, in one line and with the usage
 */
export function commandLine<const T extends Options>(
  usage: string,
  argv: readonly string[],
  options: T,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Values<T> | undefined {
  if (argv.includes("--help") || argv.includes("-h")) {
    print(usage);
    return undefined;
  }
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS") !== true) throw error;
    throw new UsageError(`${message}\n\n${usage.trimEnd()}`);
  }
}
