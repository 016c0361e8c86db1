import { prettyFactory } from "pino-pretty";

/** Marks the polls of `npm start`, which the service repeats in its log. */
export const OWN_REQUEST_ID = "npm-start";

const pretty = prettyFactory({
  colorize: true,
  translateTime: "SYS:HH:MM:ss",
  hideObject: true,
  messageFormat: (log, messageKey) => [log[messageKey], ...facts(log, messageKey)].join(" "),
});

/** The single values of a line; what is nested is for programs. */
function facts(log: Readonly<Record<string, unknown>>, messageKey: string): string[] {
  return Object.entries(log)
    .filter(([key]) => !["level", "time", "request_id", messageKey].includes(key))
    .flatMap(([key, value]) =>
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [`${key}=${value}`] : [],
    );
}

/**
 * A line of the service's log as it is shown: for a person on a terminal, and as it is for a program that reads JSON. The
 * polls of this command are left out, and for a person the phases, which the progress shows.
 */
export function shownLine(line: string, forPerson: boolean): string | undefined {
  if (line.includes(`"request_id":"${OWN_REQUEST_ID}"`)) return undefined;
  if (forPerson && line.endsWith('"msg":"phase"}')) return undefined;
  return forPerson && line.startsWith("{") ? pretty(line).trimEnd() : line;
}
