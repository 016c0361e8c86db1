/** One line of the preflight, and what a check may look at. */
import { type AppConfig } from "../../config/schema";
import { type AwsClients } from "../lib/aws-clients";

export type Level = "ok" | "warning" | "problem" | "skipped";

export interface Finding {
  readonly level: Level;
  /** What was found, with the actual value. */
  readonly detail: string;
  /** What to do; missing only where nothing needs doing. */
  readonly fix?: string;
}

export interface CheckContext {
  readonly config: AppConfig;
  readonly env: NodeJS.ProcessEnv;
  /** Version of the running Node, e.g. `v22.1.0`. */
  readonly nodeVersion: string;
  readonly now: Date;
  /** Standard output of a command, or undefined when it cannot be run or fails. */
  readonly run: (command: string, args: readonly string[]) => string | undefined;
  /** Clients of AWS in the configured region; undefined on an existing cluster. */
  readonly aws: AwsClients | undefined;
}

export interface Check {
  readonly title: string;
  /** Checks that call AWS are skipped together when there are no credentials. */
  readonly needsAws: boolean;
  readonly run: (context: CheckContext) => Finding | Promise<Finding>;
}

export function check(title: string, run: Check["run"], needsAws = false): Check {
  return { title, needsAws, run };
}

export const ok = (detail: string): Finding => ({ level: "ok", detail });
export const warning = (detail: string, fix: string): Finding => ({ level: "warning", detail, fix });
export const problem = (detail: string, fix: string): Finding => ({ level: "problem", detail, fix });
export const skipped = (detail: string, fix?: string): Finding => ({
  level: "skipped",
  detail,
  ...(fix === undefined ? {} : { fix }),
});
