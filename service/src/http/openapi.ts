import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type FastifyInstance, type FastifySchema } from "fastify";
import { z } from "zod";
import { PATHS } from "../contract.js";
import { parseBody } from "./routes/parse-body.js";
import { PAGE_POLICY } from "./security.js";

const DESCRIPTION =
  "Chat with the loaded model as the OpenAI API does it, and triage of complaints. " +
  "What is ignored, refused and done otherwise: docs/service.md of the project.";

/**
 * Describes the service from the schemas of its routes, which are those that check the bodies. Must be registered before
 * the routes. A route without a schema is not described.
 */
export async function describeApi(app: FastifyInstance, needsKey: boolean): Promise<void> {
  app.setValidatorCompiler(({ schema }) => (body: unknown) => {
    try {
      return { value: parseBody(schema as z.ZodType, body) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  // The schemas of answers describe; an answer goes out as it is.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "CarePath chat", description: DESCRIPTION, version: "1", license: { name: "Apache-2.0" } },
      // Relative: as the client reached this document, so it reaches the rest.
      servers: [{ url: "/" }],
      ...(needsKey && {
        components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      }),
    },
    transform: ({ schema, url }) => {
      const described = schema as FastifySchema | undefined;
      if (described?.operationId === undefined) return { schema: { ...described, hide: true }, url };
      const { security, ...rest } = described;
      return { schema: toJsonSchemas(needsKey && security !== undefined ? described : rest), url };
    },
  });
  app.get(PATHS.openapi, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: PATHS.apiDocs,
    // Its style sheet has pictures in it.
    staticCSP: { ...PAGE_POLICY, "img-src": "'self' data:" },
    theme: { title: "CarePath chat: API" },
    uiConfig: { validatorUrl: null, docExpansion: "list" },
  });
}

function toJsonSchemas({ body, params, response, ...rest }: FastifySchema): FastifySchema {
  const answers = Object.entries((response ?? {}) as Record<string, unknown>);
  return {
    ...rest,
    ...(body === undefined ? {} : { body: jsonSchema(body, "input") }),
    ...(params === undefined ? {} : { params: jsonSchema(params, "input") }),
    response: Object.fromEntries(answers.map(([status, answer]) => [status, describedAnswer(answer)])),
  };
}

/** `{description, content: {type: {schema}}}`, or a schema alone. */
function describedAnswer(answer: unknown): unknown {
  if (isSchema(answer)) return jsonSchema(answer, "output");
  const { description, content } = answer as { description: string; content: Record<string, { schema: unknown }> };
  const types = Object.entries(content).map(([type, { schema }]) => [type, { schema: jsonSchema(schema, "output") }]);
  return { description, content: Object.fromEntries(types) as object };
}

function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.ZodType;
}

function jsonSchema(schema: unknown, io: "input" | "output"): object {
  if (!isSchema(schema)) return schema as object;
  const json = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" });
  // OpenAPI 3.1 names the version for the whole document.
  delete json.$schema;
  return json;
}
