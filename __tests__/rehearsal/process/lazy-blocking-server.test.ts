/** The report's server as a real process under the report's numbers, with every second of theirs shortened. */
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ROOT } from "../../../commands/lib/repository";
import { choosePort } from "../../../rehearsal/free-port";
import { RealClock } from "../../../rehearsal/kubelet/clock";
import { httpProbe } from "../../../rehearsal/kubelet/http-probe";
import { Pod, type PodEvent } from "../../../rehearsal/kubelet/pod";
import { ServiceProcess } from "../../../rehearsal/service-process";
import { STORY_CONFIGURATIONS } from "../../../rehearsal/story/configurations";

/** Time-outs of 10 s become 200 ms: enough for a healthy server on a busy machine in all but single probes. */
const SPEEDUP = 50;

interface Lived {
  readonly events: { readonly at: number; readonly event: PodEvent }[];
  readonly client: string;
}

function question(port: number): Promise<string> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/triage", agent: false }, (response) => {
      response.resume().on("end", () => resolve("answer"));
    }).on("error", () => resolve("connection reset"));
  });
}

/** Lives through one question asked at second 90, and 60 more seconds. */
async function live(env: Readonly<Record<string, string>>): Promise<Lived> {
  const spec = STORY_CONFIGURATIONS.find(({ id }) => id === "proposed")?.pod;
  if (spec === undefined) throw new Error("no proposed configuration");
  const folder = mkdtempSync(join(tmpdir(), "carepath-lazy-"));
  const port = await choosePort(0);
  const clock = new RealClock(SPEEDUP);
  const events: Lived["events"] = [];
  const service = new ServiceProcess({
    command: ["node", "rehearsal/story/lazy-blocking-server.mjs"],
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? "", PORT: String(port), ...env },
    terminationLog: join(folder, "termination-log"),
    logFile: join(folder, "log"),
  });
  const pod = new Pod({
    spec,
    clock,
    runtime: service,
    attempt: (_kind, probe, done) => {
      const timeoutMs = (probe.timeoutSeconds * 1000) / SPEEDUP;
      void httpProbe({ host: "127.0.0.1", port, path: probe.path, timeoutMs }).then(done);
    },
    onEvent: (event) => events.push({ at: clock.now() / 1000, event }),
  });
  pod.start();
  for (let tries = 0; tries < 600 && (!pod.inEndpoints || clock.now() < 90_000); tries++) await sleep(50);
  const client = await question(port);
  await sleep((60 * 1000) / SPEEDUP);
  pod.stop();
  service.crash();
  rmSync(folder, { recursive: true, force: true });
  return { events, client };
}

const shortened = (seconds: number) => String(seconds / SPEEDUP);
const of = (lived: Lived, type: PodEvent["type"]) => lived.events.filter(({ event }) => event.type === type);

it("a block of 90 s is survived, and the pod stays in the endpoints all the while", async () => {
  const lived = await live({ BLOCK_SECONDS: shortened(90) });
  expect(lived.client).toBe("answer");
  expect(of(lived, "exited")).toEqual([]);
  expect(of(lived, "endpoints")).toHaveLength(1);
}, 60_000);

it("a block of 900 s is killed by liveness with SIGKILL, although the startup probe has passed", async () => {
  const lived = await live({ BLOCK_SECONDS: shortened(900) });
  expect(of(lived, "started")).not.toHaveLength(0);
  expect(of(lived, "killing")[0]?.event).toMatchObject({ probe: "liveness", graceSeconds: 30 });
  expect(of(lived, "exited")[0]?.event).toMatchObject({ cause: "probe", exit: { signal: "SIGKILL" } });
  expect(lived.client).toBe("connection reset");
}, 60_000);

it("a death at 60 s restarts the container whatever the probes say", async () => {
  const lived = await live({ BLOCK_SECONDS: shortened(900), DIE_AFTER_SECONDS: shortened(60) });
  expect(of(lived, "killing")).toEqual([]);
  expect(of(lived, "exited")[0]?.event).toMatchObject({ cause: "itself", exit: { signal: "SIGKILL" } });
  expect(of(lived, "container-started")).toHaveLength(2);
  expect(lived.client).toBe("connection reset");
}, 60_000);
