/**
 * `npm run image`: build the service, push it to the registry of the environment, and record its digest for the next
 * synth.
 */
import { spawnSync } from "node:child_process";

import { ECRClient } from "@aws-sdk/client-ecr";

import { imageRecordPath, writeImageRecord } from "../../config/image-record";
import { loadConfig } from "../../config/load";
import { commandLine, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { publishImage, type Run } from "./publish-image";

const USAGE = `usage: npm run image [-- options]

Builds the image of the environment that CAREPATH_ENV names, pushes it and records its digest.

  --tool NAME          docker, podman or buildah   (default: the first that is installed)
  --allow-dirty        with uncommitted changes; not for anything that must be traceable
  --npmrc FILE         packages from a private registry
  --node-image NAME    another base image
  --help               print this text
`;

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const values = commandLine(USAGE, argv, {
    "allow-dirty": { type: "boolean", default: false },
    tool: { type: "string" },
    npmrc: { type: "string" },
    "node-image": { type: "string" },
  });
  if (values === undefined) return;
  const { config, plan } = loadConfig(env);
  if (config.target !== "eks") {
    throw new Error(
      `${config.environment} is an existing cluster and has no registry here: see docs/local-cluster.md for loading the image.`,
    );
  }
  const { digest, tag, pushed } = await publishImage({
    environment: config.environment,
    architecture: plan.architecture ?? "amd64",
    ecr: new ECRClient({ region: config.region, ...(env.AWS_ENDPOINT_URL ? { endpoint: env.AWS_ENDPOINT_URL } : {}) }),
    run,
    allowDirty: values["allow-dirty"],
    generated: [imageRecordPath(config.environment)],
    ...(values.tool === undefined ? {} : { tool: values.tool }),
    ...(values.npmrc === undefined ? {} : { npmrc: values.npmrc }),
    ...(values["node-image"] === undefined ? {} : { nodeImage: values["node-image"] }),
  });
  writeImageRecord(ROOT, config.environment, { digest, tag });
  const path = imageRecordPath(config.environment);
  process.stdout.write(
    `${pushed ? "Pushed" : "Already there:"} ${tag} as ${digest}\nRecorded in ${path}: commit it, then npm run deploy.\n`,
  );
}

const run: Run = (command, args, stdin) => {
  const { status, stdout } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    input: stdin ?? "",
    stdio: ["pipe", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  // What cannot be started has no status. The build's own output goes to the terminal.
  if (args[0] === "build" || args[0] === "push") process.stdout.write(stdout);
  return { status: status ?? 127, stdout };
};

main(process.argv.slice(2), process.env).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
