// Runs in a pod of the cluster: `node --input-type=module -e "$(cat client.mjs)" URL WORKERS COUNT TOKENS PROMPT [KEY]`.
// WORKERS ask one question after another, COUNT each (0: until the pod is deleted), over a new connection each time, and
// print one JSON line an answer, and one at the end: ok, pieces, seconds, the longest gap between two pieces, and what went wrong.
import console from "node:console";
import { request } from "node:http";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** Without a pause, traffic that never ends would be a test of the machine's cores. */
const PAUSE_MS = 200;

const [url, workers, count, tokens, promptTokens, key] = process.argv.slice(1);
// The random vocabulary has few merges, so a token is about a letter; a space and a letter are two.
const filling = "a ".repeat(Number(promptTokens) / 2);
let stopping = false;
process.on("SIGTERM", () => (stopping = true));

const print = (line) => console.log(JSON.stringify({ at: Date.now(), ...line }));

async function ask(worker, question) {
  const from = performance.now();
  const seen = { worker, question, pieces: 0, done: false, gap: 0 };
  const body = JSON.stringify({
    messages: [{ role: "user", content: `Question ${worker}.${question}: what is a fever? ${filling}` }],
    max_tokens: Number(tokens),
    temperature: 1,
    stream: true,
  });
  try {
    const response = await new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
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
        if (data === "[DONE]") seen.done = true;
        else if ("error" in JSON.parse(data)) seen.error = data;
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
  Array.from({ length: Number(workers) }, async (_, worker) => {
    for (let question = 1; !stopping && (count === "0" || question <= Number(count)); question++) {
      await ask(worker, question);
      if (count === "0") await sleep(PAUSE_MS);
    }
  }),
);
print({ end: true });
