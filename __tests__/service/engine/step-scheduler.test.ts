import { StepScheduler } from "../../../service/src/engine/step-scheduler.js";

/** Work that a test finishes by hand, and a record of when it began. */
function work(log: string[], name: string): { begin: () => Promise<string>; finish: () => void } {
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  return {
    begin: async () => {
      log.push(name);
      await finished;
      return name;
    },
    finish,
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("StepScheduler", () => {
  test("starts a step only when every lane has asked, and begins its work together", async () => {
    const scheduler = new StepScheduler();
    const log: string[] = [];
    const [a, b] = [scheduler.join(), scheduler.join()];
    const [first, second] = [work(log, "a"), work(log, "b")];
    const one = a.run("token", first.begin);
    await settled();
    expect(log).toEqual([]);
    const two = b.run("token", second.begin);
    expect(log).toEqual(["a", "b"]);
    first.finish();
    second.finish();
    await expect(Promise.all([one, two])).resolves.toEqual(["a", "b"]);
  });

  test("waits for the slowest of a step before the next one", async () => {
    const scheduler = new StepScheduler();
    const log: string[] = [];
    const [a, b] = [scheduler.join(), scheduler.join()];
    const [slow, quick, next] = [work(log, "slow"), work(log, "quick"), work(log, "next")];
    void a.run("token", slow.begin);
    const done = b.run("token", quick.begin);
    quick.finish();
    await done;
    void b.run("token", next.begin);
    await settled();
    expect(log).toEqual(["slow", "quick"]);
  });

  test("lets one lane read its prompt in a step, in turn, while all others generate", async () => {
    const scheduler = new StepScheduler();
    const steps: string[][] = [];
    let step: string[] = [];
    const turn = (name: string) => () => {
      step.push(name);
      return Promise.resolve();
    };
    const loop = async (name: string, kind: "token" | "prompt", times: number): Promise<void> => {
      const lane = scheduler.join();
      await settled();
      for (let i = 0; i < times; i++) await lane.run(kind, turn(name));
      lane.leave();
    };
    const marker = async (): Promise<void> => {
      const lane = scheduler.join();
      await settled();
      for (let i = 0; i < 4; i++) {
        await lane.run("token", () => {
          steps.push((step = []));
          return Promise.resolve();
        });
      }
      lane.leave();
    };
    await Promise.all([marker(), loop("token", "token", 4), loop("long", "prompt", 2), loop("other", "prompt", 2)]);
    expect(steps).toEqual([
      ["token", "long"],
      ["token", "other"],
      ["token", "long"],
      ["token", "other"],
    ]);
  });

  test("runs exclusive work alone, before anything else", async () => {
    const scheduler = new StepScheduler();
    const log: string[] = [];
    const [a, b] = [scheduler.join(), scheduler.join()];
    const [token, exclusive] = [work(log, "token"), work(log, "exclusive")];
    void a.run("token", token.begin);
    const alone = b.run("exclusive", exclusive.begin);
    await settled();
    expect(log).toEqual(["exclusive"]);
    exclusive.finish();
    await alone;
    b.leave();
    await settled();
    expect(log).toEqual(["exclusive", "token"]);
  });

  test("an aborted lane that waits is rejected at once and holds nobody up", async () => {
    const scheduler = new StepScheduler();
    const log: string[] = [];
    const [a, b] = [scheduler.join(), scheduler.join()];
    const controller = new AbortController();
    const waiting = a.run("token", work(log, "aborted").begin, controller.signal);
    const reason = new Error("client left");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    a.leave();
    const other = work(log, "other");
    const done = b.run("token", other.begin);
    other.finish();
    await expect(done).resolves.toBe("other");
    expect(log).toEqual(["other"]);
  });

  test("finishes work that has begun although its signal is aborted", async () => {
    const scheduler = new StepScheduler();
    const controller = new AbortController();
    const begun = work([], "begun");
    const lane = scheduler.join();
    const result = lane.run("prompt", begun.begin, controller.signal);
    controller.abort(new Error("client left"));
    begun.finish();
    await expect(result).resolves.toBe("begun");
  });

  test("a failure reaches its own lane only", async () => {
    const scheduler = new StepScheduler();
    const [a, b] = [scheduler.join(), scheduler.join()];
    const failing = a.run("token", () => Promise.reject(new Error("decode failed")));
    const fine = b.run("token", () => Promise.resolve("fine"));
    await expect(failing).rejects.toThrow("decode failed");
    await expect(fine).resolves.toBe("fine");
  });

  test("counts lanes, and leaving twice is harmless", () => {
    const scheduler = new StepScheduler();
    const lane = scheduler.join();
    expect(scheduler.lanes).toBe(1);
    lane.leave();
    lane.leave();
    expect(scheduler.lanes).toBe(0);
  });

  test("refuses work of a lane that has left, and two pieces at once", async () => {
    const scheduler = new StepScheduler();
    const [a, b] = [scheduler.join(), scheduler.join()];
    const noop = (): Promise<void> => Promise.resolve();
    const first = a.run("token", noop);
    await expect(a.run("token", noop)).rejects.toThrow("a lane can run one piece of work at a time");
    b.leave();
    await first;
    await expect(b.run("token", noop)).rejects.toThrow("a lane that has left cannot run work");
  });
});
