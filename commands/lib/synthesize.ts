/** Runs an app of this repository without cdktf-cli: it writes the same files and needs no Terraform. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "./repository";
import { clearStacks, repairStacks } from "./synth-output";
import { OLDEST_TERRAFORM, terraformBinary } from "./terraform-version";

export interface SynthesisProps {
  /** Absolute path. */
  readonly outputFolder: string;
  readonly env: NodeJS.ProcessEnv;
  /** The app and its arguments, relative to the repository. @default ["main.ts"] */
  readonly app?: readonly string[];
  /** Write HCL instead of JSON. @default false */
  readonly hcl?: boolean;
}

/** Returns the exit code of the app, which has printed its own errors. */
export function synthesize({ outputFolder, env, app = ["main.ts"], hcl = false }: SynthesisProps): number {
  clearStacks(outputFolder);
  const { status, error } = spawnSync(process.execPath, ["--import", "tsx", ...app], {
    cwd: ROOT,
    env: { ...env, CDKTF_OUTDIR: outputFolder, SYNTH_HCL_OUTPUT: String(hcl) },
    stdio: "inherit",
  });
  if (error) throw error;
  if (status === 0 && hcl) {
    repairStacks(outputFolder, OLDEST_TERRAFORM);
    spawnSync(terraformBinary(env), ["fmt", "-recursive", outputFolder]); // only for the eye: it may be missing
  }
  return status ?? 1;
}

/** What an environment needs from outside to be synthesized. Nothing of it is contacted. */
interface Example {
  readonly app?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const BUCKET = { CAREPATH_STATE_BUCKET: "carepath-example" };

/** Every app of this repository, with every environment. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  demo: { variables: { CAREPATH_ENV: "demo" } },
  production: {
    variables: {
      ...BUCKET,
      CAREPATH_ENV: "production",
      CAREPATH_IMAGE_TAG: "example",
      CAREPATH_HOST: "chat.example.com",
      CAREPATH_CERTIFICATE_ARN: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d",
      CAREPATH_SOURCE_CIDRS: "203.0.113.0/24",
      CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat",
      CAREPATH_MODEL_MIRROR_BUCKET: "carepath-example-models",
    },
  },
  scale: {
    variables: {
      ...BUCKET,
      CAREPATH_ENV: "scale",
      CAREPATH_HOST: "chat.example.com",
      CAREPATH_CERTIFICATE_ARN: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d",
      CAREPATH_SOURCE_CIDRS: "203.0.113.0/24",
      CAREPATH_GITHUB_REPOSITORY: "acme/carepath-chat",
    },
  },
  local: { variables: { CAREPATH_ENV: "local" } },
  "the state bucket": { app: ["state.ts"], variables: { ...BUCKET, CAREPATH_ENV: "demo" } },
};

/**
 * Synthesizes an example into a temporary folder, without the overrides of the person who calls: they belong to one
 * environment, not to all of them.
 * @throws {Error} when synth refuses it
 */
export function withExample<T>(
  name: string,
  use: (outputFolder: string) => T,
  { hcl = false }: Pick<SynthesisProps, "hcl"> = {},
): T {
  const { app, variables } = EXAMPLES[name] ?? { variables: { CAREPATH_ENV: name } };
  const outputFolder = mkdtempSync(join(tmpdir(), "carepath-synth-"));
  const neutral = Object.entries(process.env).filter(([variable]) => !variable.startsWith("CAREPATH_"));
  try {
    const env = { ...Object.fromEntries(neutral), ...variables };
    if (synthesize({ outputFolder, env, hcl, ...(app && { app }) }) !== 0) throw new Error(`${name}: synth failed.`);
    return use(outputFolder);
  } finally {
    rmSync(outputFolder, { recursive: true, force: true });
  }
}
