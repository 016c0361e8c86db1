/** What `npm start` says about the model before and while it is downloaded. */
import { megabytes } from "./load-progress";
import { catalogueModel, QUICK_MODEL_ID, type ModelFacts } from "../../planning/catalogue/models";
import { ENV, type ReadyReport } from "../../service/src/contract";

/** Failures of a download after which a person is told what helps. */
const FAILURES = 2;

/** Which model starts, under which licence, and what is downloaded from where to where. */
export function modelLines(model: ModelFacts, env: Readonly<Record<string, string | undefined>>): string[] {
  const quick = catalogueModel(QUICK_MODEL_ID);
  const source = new URL(env[ENV.modelBaseUrl] ?? model.url).host;
  return [
    `Model ${model.id} (${model.licence}): ${megabytes(model.bytes)} MB from ${source}, kept in ${env[ENV.modelCacheDir] ?? ""}.`,
    quick === undefined || model.id === quick.id
      ? `It is for trying things out: too small to judge how urgent a complaint is, so /triage is off.`
      : `For a first look in seconds: ${ENV.modelId}=${quick.id} npm start (${megabytes(quick.bytes)} MB).`,
  ];
}

/** What helps where the model cannot be downloaded; undefined until it has failed twice. */
export function offlineLines({ error, attempt }: ReadyReport): string[] | undefined {
  // A retry counts as the next attempt, and keeps the failure before it in view.
  if (error === null || attempt <= FAILURES) return undefined;
  return [
    "The download failed twice; it goes on trying. Without internet access one of these helps (Ctrl-C first):",
    `  ${ENV.modelPath}=model.gguf npm start                        a GGUF file of this machine`,
    `  ${ENV.modelBaseUrl}=https://mirror.example.com npm start    a mirror of the model hub`,
    `  HTTPS_PROXY=http://proxy.example.com:3128 npm start     a proxy`,
  ];
}
