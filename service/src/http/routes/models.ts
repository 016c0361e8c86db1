import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { PATHS } from "../../contract.js";
import { type Engine } from "../../engine/engine.js";
import { ApiError } from "../api-error.js";
import { type GenerationService } from "../generation-service.js";
import { answer, errorAnswers, modelListSchema, modelSchema, NEEDS_KEY } from "./answer-schemas.js";

export interface ModelsOptions {
  readonly generations: GenerationService;
  /** Other names of the loaded model. */
  readonly aliases: readonly string[];
}

/** `GET /v1/models` and `GET /v1/models/{name}`: the one model that is loaded, in OpenAI's shape with a few facts more. */
export function models(app: FastifyInstance, { generations, aliases }: ModelsOptions): void {
  const created = Math.floor(Date.now() / 1000);
  const describe = ({ model }: Engine): z.infer<typeof modelSchema> => ({
    id: model.id,
    object: "model",
    created,
    owned_by: "carepath",
    aliases,
    context_size: model.contextSize,
    trained_context_size: model.trainedContextSize,
    architecture: model.architecture,
    file_bytes: model.fileBytes,
  });

  const list = {
    ...NEEDS_KEY,
    operationId: "listModels",
    summary: "The model that is loaded",
    response: { 200: answer("It, in a list of one.", modelListSchema), ...errorAnswers(401, 503) },
  };
  app.get(PATHS.models, { schema: list }, () => ({ object: "list", data: [describe(generations.engine())] }));

  const one = {
    ...NEEDS_KEY,
    operationId: "retrieveModel",
    summary: "The model that is loaded, by its name or an alias",
    params: z.object({ model: z.string().max(256).describe("The name; a slash in it is written as %2F.") }),
    response: { 200: answer("The model.", modelSchema), ...errorAnswers(401, 404, 503) },
  };
  const find = (name: string): z.infer<typeof modelSchema> => {
    const engine = generations.engine();
    requireModel(name, engine, aliases);
    return describe(engine);
  };
  app.get<{ Params: { model: string } }>(`${PATHS.models}/:model`, { schema: one }, ({ params }) => find(params.model));
  // Clients that put a name into the address as it is.
  app.get<{ Params: { "*": string } }>(`${PATHS.models}/*`, ({ params }) => find(params["*"]));
}

/** @throws {ApiError} 404 when the name is neither the loaded model's nor one of its aliases */
export function requireModel(name: string, { model }: Engine, aliases: readonly string[]): void {
  if (name === model.id || aliases.includes(name)) return;
  throw new ApiError(
    404,
    `The model that you name is not loaded here; this service runs "${model.id}". ` +
      "Ask for that, or add your name to MODEL_ALIASES.",
    { code: "model_not_found", param: "model" },
  );
}
