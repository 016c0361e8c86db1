import { setTimeout as sleep } from "node:timers/promises";

import { choosePort } from "../../rehearsal/free-port";
import { Observer } from "../../rehearsal/observer";
import { Timeline } from "../../rehearsal/timeline";

it("the port listens from the first answer on, whoever hears it; once a container", () => {
  const timeline = new Timeline(() => 0);
  const observer = new Observer({ port: 1, timeline, healthTimeoutMs: 1000 });
  observer.heard();
  observer.heard();
  expect(timeline.of("listening")).toHaveLength(1);
  observer.containerEnded();
  observer.heard();
  expect(timeline.of("listening")).toHaveLength(2);
});

it.each([
  ["a failure of /health while the service runs", () => undefined, ["connection refused"]],
  ["the service that closes its port once every answer is finished", (observer: Observer) => observer.drained(), []],
])("a refused connection is %s", async (_, meanwhile, failures) => {
  const observer = new Observer({ port: await choosePort(0), timeline: new Timeline(() => 0), healthTimeoutMs: 1000 });
  observer.heard();
  observer.start();
  await sleep(50);
  meanwhile(observer);
  await observer.stop();
  expect(new Set(observer.health.map(({ detail }) => detail))).toEqual(new Set(failures));
});
