/**
 * The report's server as a process: healthy at once, loads its model on the first question, and blocks its event loop
 * while it loads and answers. It can also die in the middle, as a process does that runs out of memory.
 *
 *     PORT=8002 BLOCK_SECONDS=90 [DIE_AFTER_SECONDS=60] node rehearsal/story/lazy-blocking-server.mjs
 *
 * BLOCK_SECONDS is the time from the first question to its answer. DIE_AFTER_SECONDS counts from the question too.
 */
import { createServer } from "node:http";
import process from "node:process";

const blockSeconds = Number(process.env.BLOCK_SECONDS ?? 90);
const dieAfterSeconds = Number(process.env.DIE_AFTER_SECONDS ?? Infinity);
let loaded = false;

/** Holds the thread as a synchronous load does; nothing else runs, not even a signal handler. */
function block(seconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

const server = createServer((request, response) => {
  if (request.url === "/health") {
    response.end("ok");
    return;
  }
  if (!loaded) {
    loaded = true;
    block(Math.min(blockSeconds, dieAfterSeconds));
    if (dieAfterSeconds <= blockSeconds) process.kill(process.pid, "SIGKILL");
  }
  response.end("answer");
});

// As web frameworks do: finish what runs, then leave. While the loop is blocked this handler waits like everything else.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
server.listen(Number(process.env.PORT), "127.0.0.1");
