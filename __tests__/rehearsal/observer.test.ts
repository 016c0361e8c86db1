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
