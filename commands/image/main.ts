/**
 * `npm run image`: build the service, push it to the registry of the environment, and record its digest for the next
 * synth; or record the digest that is deployed.
 */
import { spawnSync } from "node:child_process";

import { ECRClient } from "@aws-sdk/client-ecr";

import { ConfigError } from "../../config/config-error";
import { imageRecordPath, writeImageRecord } from "../../config/image-record";
import { inspectConfig } from "../../config/load";
import { stackNames } from "../../config/names";
import { type EksConfig } from "../../config/schema";
import { stateKey } from "../../constructs/backend";
import { awsClients, explained } from "../lib/aws-clients";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";
import { copyImage } from "./copy-image";
import { deployedImage } from "./deployed-image";
import { publishImage } from "./publish-image";
import { type Run } from "./registry";

export const command = npmCommand(
  "image",
  "Builds the image of the environment that CAREPATH_ENV names, pushes it and records its digest.",
)
  .option("--tool <name>", "docker, podman or buildah (default: the first that is installed)")
  .option("--allow-dirty", "with uncommitted changes; not for anything that must be traceable", false)
  .option("--npmrc <file>", "packages from a private registry")
  .option("--from <image>", "copy this image (name@sha256:...) with skopeo instead of building one")
  .option("--deployed", "record the image that is deployed, from the state, and build none", false)
  .option("--node-image <name>", "another base image");

async function main(argv: readonly string[]): Promise<number> {
  const { allowDirty, deployed, from, ...options } = command.parse(argv, FROM_USER).opts();
  const { env } = process;
  const { subject, config, plan, problems } = inspectConfig(env);
  const others = problems.filter(({ missing }) => missing === undefined); // an image may be what is missing
  if (others.length > 0) throw new ConfigError(subject, others);
  if (config.target !== "eks") {
    throw new Error(
      `${config.environment} is an existing cluster and has no registry here: see docs/local-cluster.md for loading the image.`,
    );
  }
  if (deployed) return recordDeployed(config);
  const { region } = config;
  const common = { environment: config.environment, ecr: new ECRClient({ region }), run: runProgram };
  const { digest, tag, pushed } = await (
    from === undefined
      ? publishImage({
          ...common,
          architecture: plan.architecture ?? "amd64",
          allowDirty,
          generated: [imageRecordPath(config.environment)],
          ...options,
        })
      : copyImage({ ...common, reference: from })
  ).catch((error: unknown) => {
    throw explained(error, region, "There is no new image: ");
  });
  writeImageRecord(ROOT, config.environment, { digest, tag });
  const path = imageRecordPath(config.environment);
  process.stdout.write(
    `${pushed ? "Pushed" : "Already there:"} ${tag} as ${digest}\nRecorded in ${path}: commit it, then npm run deploy.\n`,
  );
  return 0;
}

async function recordDeployed({ environment, region, state }: EksConfig): Promise<number> {
  if (state.type !== "s3") throw new UsageError("--deployed reads state in S3. Set CAREPATH_STATE_BUCKET.");
  const { chat } = stackNames(environment);
  const s3 = awsClients({ region }).s3(state.region);
  const found = await deployedImage({ s3, bucket: state.bucket, key: stateKey(state.keyPrefix, chat) }).catch(
    (error: unknown) => {
      throw explained(error, state.region, "The state was not read: ");
    },
  );
  if (found === undefined) {
    process.stdout.write(`The state of ${chat} names no image by its digest, so nothing was recorded.\n`);
    return 0;
  }
  writeImageRecord(ROOT, environment, found);
  process.stdout.write(`${chat} runs ${found.digest}. Recorded in ${imageRecordPath(environment)}.\n`);
  return 0;
}

const runProgram: Run = (command, args, stdin) => {
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

if (require.main === module) void run(main);
