/**
 * The clients of the soak: each function is one request of a kind, and returns what came of it, such as "200", "left" or
 * "JSON that does not parse". Turns are numbered, so that a soak repeats.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { PATHS } from "../src/contract.js";
import { post, statusOfBytes } from "./http-client.js";
import { hostile, under } from "./hostile-schemas.js";

export type Client = (port: number, turn: number) => Promise<string>;

const COMPLAINTS = [
  "My nose runs and my eyes itch since the birches bloom.",
  "I have a headache since this morning and I do not like bright light.",
  "My son is four years old, has a temperature of 38.2 and drinks well.",
  "I cut my finger while cooking; it has stopped bleeding.",
];

/** A request for an answer; a text for each turn, so that slots change their conversation. */
function question(turn: number, more: object = {}): object {
  const content = `${turn}. ${"What may I do today? ".repeat(1 + (turn % 20))}${COMPLAINTS[turn % COMPLAINTS.length]}`;
  return { messages: [{ role: "user", content }], max_tokens: 48, temperature: 0.7, seed: turn, ...more };
}

/** Reads a stream to its end. */
const stream: Client = async (port, turn) => {
  const response = await post(port, PATHS.chatCompletions, question(turn, { stream: true }));
  const text = await response.text();
  if (response.status !== 200) return String(response.status);
  return text.endsWith("data: [DONE]\n\n") ? "200" : "a stream without an end";
};

/** Leaves in the queue, in the prompt or in the answer. */
const leave: Client = async (port, turn) => {
  const controller = new AbortController();
  const reading = post(port, PATHS.chatCompletions, question(turn, { stream: true }), controller.signal)
    .then((response) => response.text())
    .catch(() => undefined);
  await sleep((turn * 137) % 1500);
  controller.abort();
  await reading;
  return "left";
};

const SCHEMAS: readonly object[] = [
  { type: "object", properties: { name: { type: "string", maxLength: 20 } }, required: ["name"] },
  { type: "array", items: { type: "integer", minimum: 0, maximum: 999 }, maxItems: 5 },
  { enum: ["yes", "no", "\u{1F44D}"] },
  { type: "string", format: "date" },
];

/** Three schemas that repeat, and then one that was not seen before. */
const schema: Client = async (port, turn) => {
  const known = SCHEMAS[turn % SCHEMAS.length];
  const format = {
    type: "json_schema",
    json_schema: { name: "answer", schema: { ...known, $comment: `${turn >> 4}` } },
  };
  const response = await post(port, PATHS.chatCompletions, question(turn, { response_format: format }));
  const body = (await response.json()) as { choices?: { finish_reason: string; message: { content: string } }[] };
  const choice = body.choices?.[0];
  if (choice?.finish_reason === "stop") JSON.parse(choice.message.content);
  return String(response.status);
};

const triage: Client = async (port, turn) => {
  const response = await post(port, PATHS.triage, { query: `${turn}: ${COMPLAINTS[turn % COMPLAINTS.length]}` });
  await response.arrayBuffer();
  return String(response.status);
};

const chat = (content: unknown): object => ({ messages: [{ role: "user", content }], max_tokens: 4 });
const MEGABYTE = 1_000_000;
const CHAT_HEAD = `POST ${PATHS.chatCompletions} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;

/** Requests that are wrong, each in another way. */
const WRONG: readonly (readonly [what: string, send: (port: number, turn: number) => Promise<string>])[] = [
  ["no JSON", posting(() => '{"messages": [')],
  ["deep lists", posting(() => "[".repeat(400_000) + "]".repeat(400_000))],
  ["a deep schema", posting(() => deepSchema(5000))],
  ["a hostile schema", posting((turn) => under(hostile(turn)))],
  ["a megabyte of spaces", posting(() => chat(" ".repeat(MEGABYTE)))],
  ["a megabyte of one letter", posting(() => chat("a".repeat(MEGABYTE)))],
  ["a megabyte of characters beyond the basic plane", posting(() => chat("\u{1F44D}".repeat(MEGABYTE / 4)))],
  ["a megabyte of line ends", posting(() => chat("\r\n".repeat(MEGABYTE / 4)))],
  ["ten thousand messages", posting(() => ({ messages: Array(10_000).fill({ role: "user", content: "a" }) }))],
  ["ten thousand parts", posting(() => chat(Array(10_000).fill({ type: "text", text: "a" })))],
  ["ten thousand stops", posting(() => ({ ...chat("a"), stop: Array(10_000).fill("a") }))],
  ["ten thousand fields", posting(() => manyFields(10_000))],
  [
    "a number without end",
    posting(() => `{"messages":[{"role":"user","content":"a"}],"seed":${"9".repeat(MEGABYTE)}}`),
  ],
  ["more than may be sent", posting(() => chat("a".repeat(2 * MEGABYTE)))],
  [
    "an address that is none",
    (port) => statusOfBytes(port, "GET /%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
  ],
  ["an unknown encoding", (port) => statusOfBytes(port, `${CHAT_HEAD}transfer-encoding: gzip\r\n\r\n`)],
  ["half of a body", (port) => statusOfBytes(port, `${CHAT_HEAD}content-length: 100\r\n\r\n{"mess`)],
  ["bytes that are no HTTP", (port) => statusOfBytes(port, "\u0016\u0003\u0001".repeat(100))],
];

function posting(body: (turn: number) => unknown) {
  return async (port: number, turn: number): Promise<string> => {
    // A server may answer and close before all of a body was sent; then there may be no status to see.
    const response = await post(port, PATHS.chatCompletions, body(turn)).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    return String(response?.status ?? "closed");
  };
}

function deepSchema(depth: number): string {
  const schema = '{"type":"array","items":'.repeat(depth) + "{}" + "}".repeat(depth);
  return `{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":${schema}}}}`;
}

function manyFields(count: number): object {
  return { ...chat("a"), ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, index])) };
}

export const CLIENTS: Readonly<Record<string, Client>> = {
  "stream a": stream,
  "stream b": stream,
  leave,
  schema,
  triage,
};

/** One client for each kind of wrong request is more than a service meets, so one client sends them in turn. */
export function wrong(turn: number): readonly [what: string, send: (port: number) => Promise<string>] {
  const [what, send] = WRONG[turn % WRONG.length] ?? ["", () => Promise.resolve("")];
  return [what, (port) => send(port, Math.floor(turn / WRONG.length))];
}
