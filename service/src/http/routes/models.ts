import { type FastifyInstance } from "fastify";
import { type GenerationService } from "../generation-service.js";
import { PATHS } from "../../contract.js";

/** `GET /v1/models`: the one model that is loaded, in OpenAI's shape with a few facts more. */
export function models(app: FastifyInstance, generations: GenerationService): void {
  const created = Math.floor(Date.now() / 1000);
  app.get(PATHS.models, () => {
    const { id, contextSize, trainedContextSize, architecture, fileBytes } = generations.engine().model;
    return {
      object: "list",
      data: [
        {
          id,
          object: "model",
          created,
          owned_by: "carepath",
          context_size: contextSize,
          trained_context_size: trainedContextSize,
          architecture,
          file_bytes: fileBytes,
        },
      ],
    };
  });
}
