/** `npm run model -- mirror`: puts a model into the bucket from which the pods of an environment download it. */
import { Argument } from "@commander-js/extra-typings";

import { inspectConfig } from "../../config/load";
import { catalogueModel } from "../../planning/catalogue/models";
import { awsClients, explained } from "../lib/aws-clients";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { mirrorModel } from "./mirror";

export const command = npmCommand("model", "Copies a model into the S3 bucket of the environment (modelMirror).")
  .addArgument(new Argument("<action>", "what to do").choices(["mirror"] as const))
  .argument("[id]", "model of the catalogue (default: the environment's)")
  .option("--file <path>", "the model's file, where it is on this machine already")
  .addHelpText("after", "\nSize and sha256 are checked before anything is uploaded.");

async function main(argv: readonly string[]): Promise<number> {
  const parsed = command.parse(argv, FROM_USER);
  const [, id] = parsed.processedArgs;
  const { config, plan } = inspectConfig();
  if (config.target !== "eks" || config.modelMirror === undefined) {
    throw new UsageError(
      `${config.environment} has no mirror. Set CAREPATH_MODEL_MIRROR_BUCKET to a name that no other account has, e.g. ` +
        `acme-carepath-${config.environment}-models, and deploy the cluster stack.`,
    );
  }
  const model = id === undefined ? plan.model : catalogueModel(id);
  if (model === undefined) throw new UsageError(`"${id ?? ""}" is not a model of planning/catalogue/models.ts.`);
  if (model.kind !== "file") {
    throw new UsageError(
      `${config.environment} runs ${model.id} from a repository of the hub, and the mirror holds single files. ` +
        "Remove modelMirror, or set chat.modelBaseUrl to a mirror that speaks as the hub does.",
    );
  }
  const { bucket } = config.modelMirror;
  const { region } = config;
  const endpoint = process.env["AWS_ENDPOINT_URL"];
  const s3 = awsClients({ region, ...(endpoint ? { endpoint } : {}) }).s3(region);
  const { file } = parsed.opts();
  await mirrorModel({ s3, bucket, model, file, say: (line) => process.stdout.write(`${line}\n`) }).catch(
    (error: unknown) => {
      throw explained(error, region);
    },
  );
  return 0;
}

if (require.main === module) void run(main);
