import { type AppConfig } from "./schema";

/** Where the pods download the model from instead of the hub; undefined for the hub itself. */
export function modelBaseUrl(config: AppConfig): string | undefined {
  if (config.chat.modelBaseUrl !== undefined) return config.chat.modelBaseUrl;
  if (config.target !== "eks" || config.modelMirror === undefined) return undefined;
  return `https://${config.modelMirror.bucket}.s3.${config.region}.amazonaws.com`;
}
