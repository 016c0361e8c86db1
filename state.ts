import { App } from "cdktf";

import { ConfigError } from "./config/config-error";
import { loadStateBucket } from "./config/state-bucket";
import { StateStack } from "./stacks/state-stack";

/** The app of `npm run bootstrap-state`: the bucket of the Terraform state, apart from every environment. */
try {
  const app = new App({ stackTraces: false });
  new StateStack(app, { config: loadStateBucket(process.env), adopt: process.argv.includes("--adopt") });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
