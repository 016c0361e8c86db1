import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { App } from "cdktf";

import { loadConfig, type LoadedConfig } from "../../config/load";
import { buildStacks } from "../../stacks/build-stacks";
import { PRODUCTION_VARIABLES, SCALE_VARIABLES } from "./production-variables";
import { SynthesizedStack } from "./synth-stack";

/** What each environment needs from outside; the same that a user must give. */
export const ENVIRONMENT_VARIABLES: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  demo: {},
  production: PRODUCTION_VARIABLES,
  local: {},
  scale: SCALE_VARIABLES,
};

export interface Manifest {
  readonly stacks: Readonly<Record<string, ManifestStack>>;
}

export interface ManifestStack {
  readonly dependencies: readonly string[];
  readonly annotations: readonly { readonly level: string; readonly message: string }[];
}

/** Everything that `cdktf synth` writes for one environment. */
export interface SynthesizedApp extends LoadedConfig {
  /** By stack name, in the order of the manifest. */
  readonly stacks: ReadonlyMap<string, SynthesizedStack>;
  readonly manifest: Manifest;
  readonly manifestText: string;
  stack(name: string): SynthesizedStack;
}

/** Runs the app as `main.ts` does, `app.synth()` included, in a new folder. */
export function synthEnvironment(name: string, variables: NodeJS.ProcessEnv = {}): SynthesizedApp {
  return synthConfig(loadConfig({ CAREPATH_ENV: name, ...ENVIRONMENT_VARIABLES[name], ...variables }));
}

export function synthConfig(loaded: LoadedConfig): SynthesizedApp {
  const outdir = mkdtempSync(join(tmpdir(), "carepath-synth-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    buildStacks(app, loaded);
    app.synth();
    const manifestText = readFileSync(join(outdir, "manifest.json"), "utf8");
    const manifest = JSON.parse(manifestText) as Manifest;
    const stacks = new Map(
      Object.keys(manifest.stacks).map((stack) => [
        stack,
        new SynthesizedStack(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")),
      ]),
    );
    const stack = (wanted: string): SynthesizedStack => {
      const found = stacks.get(wanted);
      if (found === undefined) throw new Error(`no stack ${wanted} among ${[...stacks.keys()].join(", ")}`);
      return found;
    };
    return { ...loaded, stacks, manifest, manifestText, stack };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
