import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { type CaseSize, generating, reading } from "./cases.js";
import { type Server, type ServerOptions, startService, withServer } from "./server.js";
import { figure, print, printPair } from "./table.js";

/** Two busy loops on the cores; a second instance of this service with one thread is the measure. */
export async function besideNeighbours(
  ours: Server,
  theirs: Server,
  size: CaseSize,
  options: Omit<ServerOptions, "slots">,
): Promise<void> {
  const alone = await generating(ours, size);
  await withServer(startService({ ...options, slots: 1, threads: 1 }), async (single) => {
    const loops = Array.from({ length: options.threads }, busyLoop);
    try {
      await sleep(1500);
      const cases = [
        ["generating", (server: Server) => generating(server, size)],
        ["reading", (server: Server) => reading(server, 200)],
      ] as const;
      for (const [work, measure] of cases) {
        const [ourSpeed, singleSpeed, theirSpeed] = [await measure(ours), await measure(single), await measure(theirs)];
        printPair(`beside busy loops, ${work}, tok/s`, ourSpeed, theirSpeed, "");
        const ratio = (ourSpeed / singleSpeed).toFixed(2);
        print(`  against one thread (${figure(singleSpeed)} tok/s)`, "", "", ratio, ">= 0.7");
      }
    } finally {
      for (const loop of loops) loop.kill();
    }
    await sleep(500);
    const until = performance.now() + 4500;
    while (performance.now() < until) await generating(ours, { answer: 16 });
    const back = await generating(ours, size);
    print(
      "  five seconds after their end, generating",
      figure(back),
      "",
      (back / alone).toFixed(2),
      ">= 0.95 of before",
    );
  });
}

function busyLoop(): ChildProcess {
  return spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
}
