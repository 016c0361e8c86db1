import { App } from "cdktf";

import { ConfigError } from "./config/config-error";
import { loadConfig } from "./config/load";
import { buildStacks } from "./stacks/build-stacks";

/** Entry point of synth: `CAREPATH_ENV` names the environment, `CDKTF_OUTDIR` the output folder. */
try {
  const app = new App({ stackTraces: false }); // traces of warnings would put paths of this machine into the manifest
  buildStacks(app, loadConfig());
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
