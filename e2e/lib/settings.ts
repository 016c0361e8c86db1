/** What the runner (`npm run e2e`) found out and made before the first test; written as JSON, read by every test file. */
import { readFileSync } from "node:fs";

export interface Settings {
  /** The checkout. */
  readonly root: string;
  /** Folder of this run: scratch copies, models, logs. */
  readonly scratch: string;
  readonly kubectl: string;
  readonly context: string;
  readonly kubeconfig: string;
  readonly storageClass: string;
  readonly image: { readonly repository: string; readonly tag: string };
  /** Address of this machine that a pod can reach: the model is served there. */
  readonly address: string;
  /** Program that does what the cluster's API cannot: see `e2e/hooks/kind.sh`. */
  readonly hooks: string;
  /** Also the tests that take long. */
  readonly all: boolean;
}

/** Name of the variable by which the runner hands the file over. */
export const SETTINGS_VARIABLE = "E2E_SETTINGS";

/** Every namespace of the suite begins so; the runner deletes what is left of them. */
export const NAMESPACE_PREFIX = "carepath-e2e-";

export function settings(): Settings {
  const path = process.env[SETTINGS_VARIABLE];
  if (path === undefined) throw new Error("the suite needs a cluster: run it by npm run e2e -- --context NAME.");
  return JSON.parse(readFileSync(path, "utf8")) as Settings;
}

/** A test that only `--all` runs; otherwise it is counted as skipped. */
export function long(): jest.It {
  return settings().all ? it : it.skip;
}
