import { VirtualClock } from "../../../rehearsal/kubelet/clock";
import { crash, SimulatedPod } from "./simulated-pod";

const failing = () => ({ ok: false });

describe("cadence of a probe", () => {
  it("probes at once when the container is there, then every periodSeconds", () => {
    const pod = new SimulatedPod({ probes: { liveness: { periodSeconds: 7 } } }).run(21);
    expect(pod.sent("liveness")).toEqual([0, 7, 14, 21]);
  });

  it("skips while whole seconds since the container's start are fewer than initialDelaySeconds", () => {
    const at = (initialDelaySeconds: number) =>
      new SimulatedPod({ probes: { liveness: { initialDelaySeconds, periodSeconds: 5 } } }).run(20).sent("liveness");
    expect(at(10)).toEqual([10, 15, 20]);
    expect(at(11)).toEqual([15, 20]);
    expect(at(5)).toEqual([5, 10, 15, 20]);
  });

  it("a timer that fires a moment early does not cost a period", () => {
    class EarlyClock extends VirtualClock {
      override after(milliseconds: number, callback: () => void) {
        return super.after(milliseconds - 0.5, callback);
      }
    }
    const liveness = { initialDelaySeconds: 5, periodSeconds: 5 };
    const pod = new SimulatedPod({ probes: { liveness }, clock: new EarlyClock() }).run(16);
    expect(pod.sent("liveness").map(Math.round)).toEqual([5, 10, 15]);
  });

  it("counts the delay of liveness from the container's start, not from the startup success", () => {
    const pod = new SimulatedPod({
      probes: { startup: { periodSeconds: 10 }, liveness: { initialDelaySeconds: 30, periodSeconds: 10 } },
      script: (kind, second) => ({ ok: kind !== "startup" || second >= 20 }),
    }).run(40);
    expect(pod.sent("liveness")).toEqual([30, 40]);
  });

  it("a probe that outlasts its period is followed at once by one more; the other ticks are lost", () => {
    const slow = new SimulatedPod({
      probes: { readiness: { periodSeconds: 1, timeoutSeconds: 10 } },
      script: (_kind, second) => ({ ok: true, after: second === 0 ? 3.5 : 0 }),
    }).run(6);
    expect(slow.sent("readiness")).toEqual([0, 3.5, 4, 5, 6]);
  });

  it("readiness goes on in the phase of its trigger: the startup success begins its ticker anew", () => {
    const pod = new SimulatedPod({
      probes: { startup: { periodSeconds: 4, failureThreshold: 5 }, readiness: { periodSeconds: 10 } },
      script: (kind, second) => ({ ok: kind !== "startup" || second >= 12 }),
    }).run(35);
    expect(pod.sent("readiness")).toEqual([12, 22, 32]);
  });

  it("the delay counts from the whole second in which the container started, as its status says", () => {
    const pod = new SimulatedPod({ probes: { liveness: { initialDelaySeconds: 3, periodSeconds: 1 } } }).run(4.7);
    pod.exit(crash);
    pod.run(9);
    expect(pod.times("container-started")).toEqual([0, 4.7]);
    expect(pod.sent("liveness")).toEqual([3, 4, 7, 8, 9]);
  });

  it("a pod that stops being ready is asked at once more, because its status is synced", () => {
    const pod = new SimulatedPod({
      probes: { readiness: { periodSeconds: 10, failureThreshold: 2 } },
      script: (_kind, second) => ({ ok: second < 15 }),
    }).run(45);
    expect(pod.sent("readiness")).toEqual([0, 10, 20, 30, 30, 40]);
  });

  it("a restarted container meets the ticker where it is", () => {
    const pod = new SimulatedPod({ probes: { liveness: { periodSeconds: 10 } } }).run(13);
    pod.exit(crash);
    pod.run(30);
    expect(pod.times("container-started")).toEqual([0, 13]);
    expect(pod.sent("liveness")).toEqual([0, 10, 20, 30]);
  });
});

describe("startup probe", () => {
  const probes = {
    startup: { periodSeconds: 10, failureThreshold: 30 },
    liveness: { periodSeconds: 10 },
    readiness: { periodSeconds: 10 },
  };

  it("holds liveness and readiness until it succeeds, and idles afterwards", () => {
    const pod = new SimulatedPod({
      probes,
      script: (kind, second) => ({ ok: kind !== "startup" || second >= 20 }),
    }).run(45);
    expect(pod.sent("startup")).toEqual([0, 10, 20]);
    expect(pod.sent("liveness")).toEqual([30, 40]);
    expect(pod.events("started").map(({ at, event }) => [at, event.attempts])).toEqual([[20, 3]]);
  });

  it("its success triggers readiness at once, not at the next tick of readiness", () => {
    const pod = new SimulatedPod({
      probes: { startup: { periodSeconds: 4 }, readiness: { periodSeconds: 60 } },
      script: (kind, second) => ({ ok: kind !== "startup" || second >= 8 }),
    }).run(10);
    expect(pod.sent("readiness")).toEqual([8]);
    expect(pod.times("endpoints")).toEqual([8]);
  });

  it("without one the container counts as started at once", () => {
    const pod = new SimulatedPod({ probes: { liveness: {}, readiness: {} } }).run(0);
    expect(pod.sent("liveness")).toEqual([0]);
    expect(pod.sent("readiness")).toEqual([0]);
  });

  it("runs again for a restarted container", () => {
    const pod = new SimulatedPod({ probes }).run(5);
    pod.exit(crash);
    pod.run(30);
    expect(pod.sent("startup")).toEqual([0, 10]);
    expect(pod.events("started").map(({ at }) => at)).toEqual([0, 10]);
  });
});

describe("thresholds", () => {
  it("liveness kills at its failureThreshold and not one failure earlier", () => {
    const pod = new SimulatedPod({ probes: { liveness: { periodSeconds: 10, failureThreshold: 3 } }, script: failing });
    expect(pod.run(19.9).times("killing")).toEqual([]);
    expect(pod.run(20).times("killing")).toEqual([20]);
    expect(pod.events("killing")[0]?.event.reason).toBe("liveness probe failed 3 times in a row: HTTP 503");
  });

  it("one success in between starts the run anew", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 3 } },
      script: (_kind, second) => ({ ok: second === 20 }),
    }).run(45);
    expect(pod.times("killing")).toEqual([]);
    expect(pod.run(50).times("killing")).toEqual([50]);
  });

  it("startup kills at its failureThreshold and not one failure earlier", () => {
    const at = (succeedsAt: number) =>
      new SimulatedPod({
        probes: { startup: { periodSeconds: 10, failureThreshold: 5 } },
        script: (_kind, second) => ({ ok: second >= succeedsAt }),
      })
        .run(45)
        .times("killing");
    expect(at(40)).toEqual([]);
    expect(at(41)).toEqual([40]);
  });

  it("readiness never kills; its failureThreshold takes the pod out of the endpoints", () => {
    const pod = new SimulatedPod({
      probes: { readiness: { periodSeconds: 10, failureThreshold: 3 } },
      script: (_kind, second) => ({ ok: second < 30 }),
    });
    expect(pod.run(49).times("endpoints")).toEqual([0]);
    expect(pod.run(500).times("endpoints")).toEqual([0, 50]);
    expect(pod.times("killing")).toEqual([]);
  });

  it("readiness takes its successThreshold to enter the endpoints", () => {
    const pod = new SimulatedPod({ probes: { readiness: { periodSeconds: 5, successThreshold: 3 } } });
    expect(pod.run(9.9).times("endpoints")).toEqual([]);
    expect(pod.run(10).times("endpoints")).toEqual([10]);
  });

  it("an attempt that the kubelet throws away counts neither way", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 3 } },
      script: (_kind, second) => ({ ok: second === 10 ? "error" : false }),
    }).run(29);
    expect(pod.times("killing")).toEqual([]);
    expect(pod.run(30).times("killing")).toEqual([30]);
  });

  it("a failure takes effect when the time-out has passed, not when the probe was sent", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 2 } },
      script: () => ({ ok: true, after: 1000 }),
    }).run(100);
    expect(pod.times("killing")).toEqual([40]);
  });

  it("an answer just inside the time-out is a success, one at the time-out is not", () => {
    const kills = (after: number) =>
      new SimulatedPod({
        probes: { liveness: { periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 1 } },
        script: () => ({ ok: true, after }),
      })
        .run(29)
        .times("killing").length;
    expect(kills(9.999)).toBe(0);
    expect(kills(10)).toBe(1);
  });
});

describe("values before the first result", () => {
  it("readiness begins as a failure: the pod is not in the endpoints before a probe has succeeded", () => {
    const pod = new SimulatedPod({ probes: { readiness: { initialDelaySeconds: 10 } } });
    expect(pod.run(9.9).pod.inEndpoints).toBe(false);
    expect(pod.run(10).pod.inEndpoints).toBe(true);
  });

  it("liveness begins as a success: nothing is killed while its delay lasts", () => {
    const pod = new SimulatedPod({ probes: { liveness: { initialDelaySeconds: 600 } }, script: failing });
    expect(pod.run(599).times("killing")).toEqual([]);
  });

  it("startup begins as unknown: it neither starts nor kills the container", () => {
    const pod = new SimulatedPod({ probes: { startup: { initialDelaySeconds: 100 }, readiness: {} } }).run(99);
    expect([pod.times("started"), pod.times("killing"), pod.times("endpoints")]).toEqual([[], [], []]);
  });
});

describe("after a kill", () => {
  it("the worker is on hold until there is a new container", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 2 } },
      script: failing,
      stopSeconds: 25,
    }).run(60);
    expect(pod.sent("liveness").filter((second) => second > 10 && second < 35)).toEqual([]);
    expect(pod.sent("liveness")).toEqual([0, 10, 40, 50]);
  });

  it("the new container has the whole failureThreshold again", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 3 } },
      script: failing,
      stopSeconds: 1,
    }).run(50);
    expect(pod.times("killing")).toEqual([20, 50]);
  });

  it("a run of failures goes on over a container that exited by itself", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, failureThreshold: 3 } },
      script: failing,
    }).run(15);
    pod.exit(crash);
    expect(pod.run(20).times("killing")).toEqual([20]);
  });
});

describe("deletion of the pod", () => {
  it("ends liveness and startup probing; readiness goes on", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 5 }, readiness: { periodSeconds: 5 } },
      stopSeconds: 20,
    }).run(12);
    pod.pod.requestDeletion();
    pod.run(40);
    expect(pod.sent("liveness")).toEqual([0, 5, 10]);
    expect(pod.sent("readiness")).toEqual([0, 5, 10, 15, 20, 25, 30]);
  });

  it("a liveness probe that fails during the deletion kills nobody", () => {
    const pod = new SimulatedPod({
      probes: { liveness: { periodSeconds: 10, timeoutSeconds: 8, failureThreshold: 1 } },
      script: () => ({ ok: true, after: 100 }),
      stopSeconds: 15,
    }).run(5);
    pod.pod.requestDeletion();
    pod.run(40);
    expect(pod.times("killing")).toEqual([]);
    expect(pod.events("exited").map(({ event }) => event.cause)).toEqual(["deletion"]);
  });
});
