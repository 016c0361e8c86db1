import { EventEmitter } from "node:events";

import { forwardSignals } from "../../../commands/start/forward-signals";

function forwarding() {
  const source = new EventEmitter();
  const sent: string[] = [];
  const clock = { now: 1000 };
  const kill = (signal?: NodeJS.Signals | number): boolean => sent.push(String(signal)) > 0;
  forwardSignals(source, { kill }, () => clock.now);
  return { source, sent, clock };
}

it("one Ctrl-C that arrives from the terminal and from npm reaches the service once", () => {
  const { source, sent, clock } = forwarding();
  source.emit("SIGINT");
  clock.now += 499;
  source.emit("SIGINT");
  expect(sent).toEqual(["SIGINT"]);
});

it("a second Ctrl-C half a second later hastens the drain", () => {
  const { source, sent, clock } = forwarding();
  source.emit("SIGINT");
  clock.now += 500;
  source.emit("SIGINT");
  expect(sent).toEqual(["SIGINT", "SIGINT"]);
});

it("SIGTERM of a whole group counts once too; a closed terminal ends the service like SIGTERM", () => {
  const { source, sent, clock } = forwarding();
  source.emit("SIGTERM");
  source.emit("SIGTERM");
  clock.now += 10_000;
  source.emit("SIGHUP");
  expect(sent).toEqual(["SIGTERM", "SIGTERM"]);
});
