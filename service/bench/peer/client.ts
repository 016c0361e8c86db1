import { PATHS } from "../../src/contract.js";
import { type Server } from "./server.js";

export interface Message {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** Greedy, as both servers do it the same way. */
export interface Question {
  readonly messages: readonly Message[];
  readonly maxTokens: number;
}

export interface Answer {
  readonly content: string;
  /** Seconds until everything was there. */
  readonly seconds: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
}

export function user(content: string): readonly Message[] {
  return [{ role: "user", content }];
}

/** The whole answer at once. */
export async function ask(server: Server, question: Question): Promise<Answer> {
  const started = performance.now();
  const response = await post(server, { ...bodyOf(question) });
  const { choices, usage } = (await response.json()) as {
    readonly choices: readonly [{ readonly message: { readonly content: string } }];
    readonly usage: Usage;
  };
  return {
    content: choices[0].message.content,
    seconds: (performance.now() - started) / 1000,
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    completionTokens: usage.completion_tokens,
  };
}

/** When the pieces of a streamed answer came, seconds since it was asked for. */
export interface StreamTimes {
  readonly pieces: readonly number[];
  readonly completionTokens: number;
}

/** @param onPiece is called at every piece; the signal ends the stream early, which is no error */
export async function stream(
  server: Server,
  question: Question,
  { signal, onPiece }: { readonly signal?: AbortSignal; readonly onPiece?: (count: number) => void } = {},
): Promise<StreamTimes> {
  const started = performance.now();
  const pieces: number[] = [];
  let completionTokens = 0;
  try {
    const body = { ...bodyOf(question), stream: true, stream_options: { include_usage: true } };
    const response = await post(server, body, signal);
    for await (const event of events(response)) {
      if (event.usage) completionTokens = event.usage.completion_tokens;
      if (event.choices?.[0]?.delta?.content) {
        pieces.push((performance.now() - started) / 1000);
        onPiece?.(pieces.length);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return { pieces, completionTokens: completionTokens || pieces.length };
}

interface StreamEvent {
  readonly usage?: Usage | null;
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
}

async function* events(response: Response): AsyncGenerator<StreamEvent> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data: {")) yield JSON.parse(line.slice("data: ".length)) as StreamEvent;
    }
  }
}

function bodyOf({ messages, maxTokens }: Question) {
  return { messages, max_tokens: maxTokens, temperature: 0 };
}

async function post(server: Server, body: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`${server.url}${PATHS.chatCompletions}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  if (!response.ok) throw new Error(`${server.url} answered ${response.status}: ${await response.text()}`);
  return response;
}
