import { isIPv4 } from "node:net";
import { z } from "zod";
import { ENV } from "./contract.js";

/** Kinds of settings. Each takes the text of an environment variable and says what is wrong with it. */

export function integer(minimum: number, maximum: number) {
  return z
    .string()
    .refine((raw) => /^\d{1,15}$/.test(raw) && Number(raw) >= minimum && Number(raw) <= maximum, {
      error: `must be a whole number from ${minimum} to ${maximum}`,
    })
    .transform(Number);
}

export function pattern(expression: RegExp, rule: string) {
  return z.string().refine((raw) => expression.test(raw), { error: rule });
}

/** Names with commas between them. They may hold slashes and colons, as those of other services do. */
export function nameList() {
  return z
    .string()
    .transform((raw) => raw.split(",").map((name) => name.trim()))
    .refine((names) => names.every((name) => /^[\x21-\x7e]{1,128}$/.test(name)), {
      error: "must be names of 1 to 128 printable characters without spaces, with commas between them",
    });
}

/** IPv4 blocks with commas between them. */
export function cidrList() {
  return z
    .string()
    .transform((raw) => raw.split(",").map((block) => block.trim()))
    .refine((blocks) => blocks.every(isBlock), {
      error: "must be IPv4 blocks separated by commas, such as 10.0.0.0/8",
    });
}

function isBlock(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  return isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32 && rest.length === 0;
}

export function flag() {
  return oneOf(["true", "false"]).transform((raw) => raw === "true");
}

export function oneOf<const Choice extends string>(choices: readonly Choice[]) {
  return z.enum(choices, { error: `must be one of ${choices.join(", ")}` });
}

export function httpUrl() {
  return z
    .string()
    .refine((raw) => /^https?:$/.test(parseUrl(raw)?.protocol ?? ""), { error: "must be an http or https URL" })
    .refine((raw) => (parseUrl(raw)?.username ?? "") === "" && (parseUrl(raw)?.password ?? "") === "", {
      error: `must not contain a user name or password; put a token into a file and name it in ${ENV.modelTokenFile}`,
    });
}

export function parseUrl(raw: string): URL | undefined {
  return URL.canParse(raw) ? new URL(raw) : undefined;
}

export function withoutCredentials(raw: string): string {
  return raw.replace(/\/\/[^/@]*@/, "//***@");
}

export function nonBlank(raw: string | undefined): string | undefined {
  const trimmed = raw?.trim();
  return trimmed === "" ? undefined : trimmed;
}
