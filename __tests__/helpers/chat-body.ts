import { ApiError } from "../../service/src/http/api-error.js";
import { type ChatRequest, readChatRequest } from "../../service/src/http/routes/chat-request.js";
import { chatSchema } from "../../service/src/http/routes/chat-schema.js";
import { parseBody } from "../../service/src/http/routes/parse-body.js";

export const USER = { role: "user", content: "Hi" };

/** The body of a chat request as its route reads it: a word of the user, and more. */
export function readChat(body: object): ChatRequest {
  return readChatRequest(parseBody(chatSchema, { messages: [USER], ...body }), { maxTokens: 512 });
}

/** Why it is refused. */
export function refusedChat(body: object) {
  try {
    readChat(body);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, ...error.body.error };
    throw error;
  }
  throw new Error("it was accepted");
}
