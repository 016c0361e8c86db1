/** Asks the service a question as a client would, streaming, and tells when the first token and the end came. */
import { type IncomingMessage, request } from "node:http";

import { PATHS } from "../service/src/contract";

export interface QuestionProps {
  readonly port: number;
  readonly apiKey: string | undefined;
  readonly maxTokens: number;
  readonly onFirstToken?: () => void;
}

export interface QuestionResult {
  readonly ok: boolean;
  /** What the client saw, for people. */
  readonly detail: string;
}

const TEXT = "A patient has had a mild headache since this morning and no fever. What should they do?";

export async function ask(props: QuestionProps): Promise<QuestionResult> {
  let tokens = 0;
  try {
    const response = await post(props);
    if (response.statusCode !== 200) {
      let body = "";
      for await (const chunk of response as AsyncIterable<Buffer>) body += chunk.toString();
      return { ok: false, detail: `HTTP ${response.statusCode ?? 0} ${body.slice(0, 300)}` };
    }
    for await (const data of serverSentData(response)) {
      if (data === "[DONE]") return { ok: true, detail: `${tokens} pieces` };
      const error = errorIn(data);
      if (error !== undefined) return { ok: false, detail: error };
      tokens += 1;
      if (tokens === 1) props.onFirstToken?.();
    }
    return { ok: false, detail: `the stream ended after ${tokens} pieces without [DONE]` };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return {
      ok: false,
      detail: `connection broken after ${tokens} pieces (${cause?.code ?? (error as Error).message})`,
    };
  }
}

/** Opens a new connection, so that a restarted service is never asked through the socket of its predecessor. */
function post({ port, apiKey, maxTokens }: QuestionProps): Promise<IncomingMessage> {
  const body = JSON.stringify({
    messages: [{ role: "user", content: TEXT }],
    max_tokens: maxTokens,
    temperature: 0,
    stream: true,
  });
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: PATHS.chatCompletions, method: "POST", agent: false, headers };
    request(options, resolve).on("error", reject).end(body);
  });
}

async function* serverSentData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let buffer = "";
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true });
    for (let end = buffer.indexOf("\n"); end >= 0; end = buffer.indexOf("\n")) {
      const line = buffer.slice(0, end).trimEnd();
      buffer = buffer.slice(end + 1);
      if (line.startsWith("data:")) yield line.slice(5).trim();
    }
  }
}

function errorIn(data: string): string | undefined {
  const { error } = JSON.parse(data) as { error?: { message?: string } };
  return error === undefined ? undefined : (error.message ?? "an error without a message");
}
