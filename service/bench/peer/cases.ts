import { setTimeout as sleep } from "node:timers/promises";

import { freshText } from "../benchmark.js";
import { ask, stream, user } from "./client.js";
import { type Server } from "./server.js";

/** What is measured of one server. The figure of a case is the median of its repeats. */
export interface PeerCase {
  readonly name: string;
  readonly title: string;
  readonly unit: "tok/s" | "s";
  /** What `npm run bench -- --peer` hopes for, as ours by theirs. */
  readonly goal: string;
  measure(server: Server, size: CaseSize): Promise<number>;
}

export interface CaseSize {
  /** Tokens of an answer whose speed is measured. */
  readonly answer: number;
}

const SHORT_PROMPT = 24;
const LONG_PROMPT = 770;
const PROMPT_BESIDE_STREAM = 650;

/** Tokens a second between the first piece of a streamed answer and its last. */
export async function generating(server: Server, { answer }: CaseSize): Promise<number> {
  const { pieces, completionTokens } = await stream(server, {
    messages: user(`${freshText(SHORT_PROMPT)} Tell a long story.`),
    maxTokens: answer,
  });
  return (completionTokens - 1) / ((pieces.at(-1) ?? NaN) - (pieces[0] ?? NaN));
}

/** Prompt tokens a second, as the client sees it. */
export async function reading(server: Server, tokens: number): Promise<number> {
  const { promptTokens, cachedTokens, seconds } = await ask(server, {
    messages: user(freshText(tokens)),
    maxTokens: 1,
  });
  return (promptTokens - cachedTokens) / seconds;
}

/** Worst seconds between two pieces of an answer while another prompt is read. */
async function worstGap(server: Server): Promise<number> {
  const enough = new AbortController();
  let began: () => void = () => undefined;
  const running = new Promise<void>((resolve) => (began = resolve));
  const started = performance.now();
  const streamed = stream(
    server,
    { messages: user(`${freshText(SHORT_PROMPT)} Tell a long story.`), maxTokens: 1000 },
    { signal: enough.signal, onPiece: (count) => count === 5 && began() },
  );
  await running;
  const from = (performance.now() - started) / 1000;
  await ask(server, { messages: user(freshText(PROMPT_BESIDE_STREAM)), maxTokens: 1 });
  await sleep(500);
  enough.abort();
  const times = (await streamed).pieces.filter((time) => time >= from);
  return Math.max(...times.map((time, index) => time - (times[index - 1] ?? from)));
}

export const CASES: readonly PeerCase[] = [
  {
    name: "generating",
    title: "generating, one answer",
    unit: "tok/s",
    goal: ">= 0.97 (3B), 0.95 (135M)",
    measure: generating,
  },
  {
    name: "reading",
    title: `reading ${LONG_PROMPT} tokens`,
    unit: "tok/s",
    goal: ">= 0.97",
    measure: (server) => reading(server, LONG_PROMPT),
  },
  {
    name: "again",
    title: "the same prompt again",
    unit: "s",
    goal: "<= 1.0",
    measure: async (server) => {
      const question = { messages: user(freshText(LONG_PROMPT)), maxTokens: 1 };
      await ask(server, question);
      return (await ask(server, question)).seconds;
    },
  },
  {
    name: "four",
    title: "four answers at once",
    unit: "tok/s",
    goal: ">= 1.0",
    measure: async (server, { answer }) => {
      const started = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 4 }, () =>
          ask(server, { messages: user(`${freshText(SHORT_PROMPT)} Tell a long story.`), maxTokens: answer }),
        ),
      );
      const tokens = answers.reduce((sum, { completionTokens }) => sum + completionTokens, 0);
      return tokens / ((performance.now() - started) / 1000);
    },
  },
  { name: "gap", title: "worst gap beside a long prompt", unit: "s", goal: "<= 1 s", measure: worstGap },
];
