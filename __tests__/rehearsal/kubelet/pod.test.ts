import { BACK_OFF, RestartBackOff } from "../../../rehearsal/kubelet/restart-back-off";
import { crash, SimulatedPod } from "./simulated-pod";

const failing = () => ({ ok: false });
const brokenAtOnce = { liveness: { periodSeconds: 10, failureThreshold: 1 } };

describe("the first container", () => {
  // The delay counts from a start in whole seconds: the tick at 5 s comes too early for the second one.
  it.each([
    [0.3, [5, 10, 15]],
    [1.3, [10, 15]],
  ])("starts after its probes have begun: %s s later, they are sent at %j", (sandboxSeconds, sent) => {
    const startup = { initialDelaySeconds: 5, periodSeconds: 5 };
    const script = (_kind: unknown, second: number) => ({ ok: second > 12 });
    const pod = new SimulatedPod({ probes: { startup }, script, sandboxSeconds }).run(30);
    expect(pod.times("container-started")).toEqual([sandboxSeconds]);
    expect(pod.sent("startup")).toEqual(sent);
    expect(pod.times("started")).toEqual([15]);
  });
});

describe("killing a container", () => {
  it("SIGTERM first, SIGKILL when the grace period has passed since the kill began", () => {
    const pod = new SimulatedPod({ probes: brokenAtOnce, script: failing, grace: 30 }).run(30);
    expect(pod.events("signal").map(({ at, event }) => [at, event.signal])).toEqual([
      [0, "SIGTERM"],
      [30, "SIGKILL"],
    ]);
  });

  it("no SIGKILL for a container that stops within its grace period", () => {
    const pod = new SimulatedPod({ probes: brokenAtOnce, script: failing, grace: 30, stopSeconds: 29 }).run(29.5);
    expect(pod.events("signal").map(({ event }) => event.signal)).toEqual(["SIGTERM"]);
    expect(pod.events("exited").map(({ at, event }) => [at, event.cause, event.exit.code])).toEqual([[29, "probe", 0]]);
  });

  it("the probe's own grace period wins over the pod's", () => {
    const liveness = { ...brokenAtOnce.liveness, terminationGracePeriodSeconds: 5 };
    const pod = new SimulatedPod({ probes: { liveness }, script: failing, grace: 60 }).run(9);
    expect(pod.times("signal")).toEqual([0, 5]);
    expect(pod.events("killing")[0]?.event.graceSeconds).toBe(5);
  });

  it("the deletion of the pod uses the pod's grace period", () => {
    const liveness = { terminationGracePeriodSeconds: 5 };
    const pod = new SimulatedPod({ probes: { liveness }, grace: 60 }).run(1);
    pod.pod.requestDeletion();
    pod.run(100);
    expect(pod.times("signal")).toEqual([1, 61]);
    expect(pod.times("container-started")).toEqual([0]);
  });

  it("a preStop hook runs before SIGTERM and inside the grace period", () => {
    const pod = new SimulatedPod({ probes: {}, grace: 30, preStopSeconds: 10 }).run(0);
    pod.pod.requestDeletion();
    pod.run(100);
    expect(pod.times("signal")).toEqual([10, 30]);
  });

  it("a preStop hook as long as the grace period leaves two seconds after SIGTERM", () => {
    const pod = new SimulatedPod({ probes: {}, grace: 30, preStopSeconds: 60 }).run(0);
    pod.pod.requestDeletion();
    pod.run(100);
    expect(pod.times("signal")).toEqual([30, 32]);
  });

  it("a preStop hook that waits does not signal the next container", () => {
    const pod = new SimulatedPod({ probes: brokenAtOnce, script: failing, grace: 30, preStopSeconds: 9 }).run(4);
    pod.exit(crash);
    pod.run(9.5);
    expect(pod.times("signal")).toEqual([]);
  });
});

describe("restarting", () => {
  it("the first restart is immediate, later ones wait 10 s, 20 s, 40 s ... up to 300 s", () => {
    const pod = new SimulatedPod({ probes: {} }).run(0);
    const waits: number[] = [];
    for (let restarts = 1; restarts <= 8; restarts++) {
      const died = pod.clock.now() / 1000 + 1;
      pod.run(died);
      pod.exit(crash);
      pod.run(died + 301);
      waits.push((pod.times("container-started").at(-1) ?? NaN) - died);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(pod.pod.restartCount).toBe(8);
  });

  it.each([
    [BACK_OFF.resetAfterSeconds, 10],
    [BACK_OFF.resetAfterSeconds + 1, 0],
  ])("after %d s of running the wait is %d s: only more than ten minutes start the series anew", (ran, wait) => {
    const backOff = new RestartBackOff();
    expect(backOff.terminated(5)).toBe(0);
    expect(backOff.terminated(5 + ran)).toBe(wait);
  });

  it("the ten minutes count from the restart, not from the termination before it", () => {
    const backOff = new RestartBackOff();
    backOff.terminated(0);
    expect(backOff.terminated(1)).toBe(10);
    expect(backOff.terminated(11 + 600)).toBe(20);
    expect(backOff.terminated(11 + 600 + 20 + 601)).toBe(0);
  });

  it("a process that exits by itself, even with code 0, is restarted the same way", () => {
    const pod = new SimulatedPod({ probes: {} }).run(3);
    pod.exit({ code: 0, signal: null, message: "" });
    pod.run(4);
    expect(pod.events("exited").map(({ event }) => event.cause)).toEqual(["itself"]);
    expect(pod.times("container-started")).toEqual([0, 3]);
  });

  it("a pod that is deleted while it waits for a restart never starts again", () => {
    const pod = new SimulatedPod({ probes: {} }).run(1);
    pod.exit(crash);
    pod.exit(crash);
    expect(pod.events("back-off").map(({ event }) => event.seconds)).toEqual([10]);
    pod.pod.requestDeletion();
    pod.run(60);
    expect(pod.times("container-started")).toEqual([0, 1]);
  });
});

describe("endpoints", () => {
  it("an exit takes the pod out at once, and only a readiness success of the new container brings it back", () => {
    const pod = new SimulatedPod({ probes: { readiness: { periodSeconds: 10 } } }).run(13);
    pod.exit(crash);
    pod.run(25);
    expect(pod.events("endpoints").map(({ at, event }) => [at, event.member])).toEqual([
      [0, true],
      [13, false],
      [20, true],
    ]);
  });

  it("a kill by liveness leaves the pod in the endpoints until readiness fails or it exits", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 2 }, readiness: { failureThreshold: 60 } },
      script: (kind) => ({ ok: kind === "readiness" }),
      grace: 30,
    }).run(39);
    expect(pod.times("signal")).toEqual([10]);
    expect(pod.pod.inEndpoints).toBe(true);
    expect(
      pod
        .run(40)
        .events("endpoints")
        .slice(0, 2)
        .map(({ at }) => at),
    ).toEqual([0, 40]);
  });

  it("without a readiness probe a started container is ready", () => {
    expect(new SimulatedPod({ probes: {} }).run(0).times("endpoints")).toEqual([0]);
  });

  it("deletion takes the pod out before SIGTERM", () => {
    const pod = new SimulatedPod({ probes: { readiness: {} } }).run(5);
    pod.pod.requestDeletion();
    expect(pod.log.slice(-3).map(({ event }) => event.type)).toEqual(["deletion-requested", "endpoints", "signal"]);
  });
});
