// Runs in a pod of the cluster: `node --input-type=module -e "$(cat client.mjs)" TASK`, with the JSON of a `ClientTask`
// (client-pod.ts). Workers ask one question after another over a new connection each time, and print one JSON line when an
// answer begins, one when it has ended, and one at the end of all.
import console from "node:console";
import { request } from "node:http";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** Without a pause, traffic that never ends would be a test of the machine's cores. */
const PAUSE_MS = 200;

/** A text of thousands of tokens that may not end before: without it, random weights end an answer at any token. */
const LONG_TEXT = {
  type: "json_schema",
  json_schema: {
    name: "long",
    schema: {
      type: "object",
      properties: { list: { type: "array", items: { type: "boolean" }, minItems: 2000 } },
      required: ["list"],
      additionalProperties: false,
    },
  },
};

const { url, workers, questions, tokens, promptTokens, apiKey, toTheLastToken } = JSON.parse(process.argv[1]);
// The random vocabulary has few merges, so a token is about a letter; a space and a letter are two.
const filling = "a ".repeat(promptTokens / 2);
let stopping = false;
process.on("SIGTERM", () => (stopping = true));

const print = (line) => console.log(JSON.stringify({ at: Date.now(), ...line }));

async function ask(worker, question) {
  const from = performance.now();
  const seen = { worker, question, pieces: 0, done: false, gap: 0 };
  const body = JSON.stringify({
    messages: [{ role: "user", content: `Question ${worker}.${question}: what is a fever? ${filling}` }],
    max_tokens: tokens,
    temperature: 1,
    stream: true,
    stream_options: { include_usage: true },
    ...(toTheLastToken ? { response_format: LONG_TEXT } : {}),
  });
  try {
    const response = await new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      };
      const call = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false });
      call.on("response", resolve).on("error", reject);
      call.end(body);
    });
    seen.status = response.statusCode;
    let text = "",
      last = performance.now();
    for await (const chunk of response) {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines.filter((each) => each.startsWith("data: "))) {
        const data = line.slice("data: ".length);
        if (data === "[DONE]") {
          seen.done = true;
          continue;
        }
        const { error, usage } = JSON.parse(data);
        if (error !== undefined) seen.error = data;
        else if (usage) seen.tokens = usage.completion_tokens;
        else {
          seen.pieces += 1;
          if (seen.pieces === 1) print({ worker, question, first: true });
          const now = performance.now();
          seen.gap = Math.max(seen.gap, Math.round(now - last));
          last = now;
        }
      }
    }
    if (!seen.done) seen.error ??= text || "the stream ended early";
  } catch (error) {
    seen.error = `${error.code ?? ""} ${error.message}`.trim();
  }
  print({ ...seen, ok: seen.done && seen.error === undefined, seconds: (performance.now() - from) / 1000 });
}

await Promise.all(
  Array.from({ length: workers }, async (_, worker) => {
    for (let question = 1; !stopping && (questions === 0 || question <= questions); question++) {
      await ask(worker, question);
      if (questions === 0) await sleep(PAUSE_MS);
    }
  }),
);
print({ end: true });
