import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Submission } from "../../admission/admission.js";
import { RefusedError } from "../../admission/errors.js";
import { type GenerationService } from "../generation-service.js";
import { toApiError } from "../api-error.js";
import { PATHS } from "../../contract.js";
import { type GenerationResult } from "../../engine/engine.js";
import { EventStream } from "../event-stream.js";
import { CompletionFormat } from "./completion-format.js";
import { answer, chunkSchema, completionSchema, errorAnswers, NEEDS_KEY } from "./answer-schemas.js";
import { readChatRequest, type ChatRequest } from "./chat-request.js";
import { chatSchema, type GivenChat } from "./chat-schema.js";
import { requireModel } from "./models.js";

export interface ChatCompletionsOptions {
  readonly generations: GenerationService;
  readonly modelAliases: readonly string[];
  readonly maxTokens: number;
  readonly heartbeatSeconds: number;
}

/**
 * `POST /v1/chat/completions` as the official clients speak it.
 *
 * An answer that is not streamed sends nothing until it is complete, so that its status can be true. TCP keep-alive
 * (see `app.ts`) holds such a connection through NAT and network load balancers; a proxy that counts HTTP bytes needs
 * `stream: true`.
 */
export function chatCompletions(app: FastifyInstance, options: ChatCompletionsOptions): void {
  const schema = {
    ...NEEDS_KEY,
    operationId: "createChatCompletion",
    summary: "Answer a conversation",
    body: chatSchema,
    response: {
      200: answer("The answer; events with `stream`.", completionSchema, { "text/event-stream": chunkSchema }),
      ...errorAnswers(400, 401, 404, 413, 415, 429, 503),
    },
  };
  app.post<{ Body: GivenChat }>(PATHS.chatCompletions, { schema }, async (request, reply) => {
    const chat = readChatRequest(request.body, options);
    const engine = options.generations.engine();
    if (chat.model !== undefined) requireModel(chat.model, engine, options.modelAliases);
    request.facts.stream = chat.stream;
    const format = new CompletionFormat(engine.model.id, chat.includeUsage);
    if (chat.stream) return stream(request, reply, chat, format, options);
    const { result } = await options.generations.submit(request, reply, chat.generation);
    return format.completion(await result);
  });
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  chat: ChatRequest,
  format: CompletionFormat,
  { generations, heartbeatSeconds }: ChatCompletionsOptions,
): Promise<FastifyReply> {
  const events = new EventStream(reply, {
    heartbeatSeconds,
    onSlowReader: () => submission?.abort(new RefusedError("slow_reader", "The client reads too slowly.")),
  });
  let submission: Submission<GenerationResult> | undefined;
  try {
    submission = await generations.submit(request, reply, chat.generation, {
      onPrompt: () => events.send(format.firstChunk()),
      onDelta: (delta) => events.send(format.deltaChunk(delta)),
    });
    if (chat.includeQueue) submission.watchPlace((place) => events.comment(`queue ${place}`));
    const result = await submission.result;
    events.send(format.finishChunk(result));
    if (chat.includeUsage) events.send(format.usageChunk(result));
    events.send("[DONE]");
    events.end();
  } catch (error) {
    events.cancel();
    if (!events.opened) throw error;
    const { status, code, body } = toApiError(error);
    request.facts.error_code = code;
    request.facts.outcome_status = status;
    events.send(body);
    events.end();
  }
  return reply;
}
