import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Admission, type RunningRequest } from "../../../service/src/admission/admission.js";
import { RefusedError } from "../../../service/src/admission/errors.js";
import { gate } from "../../helpers/fake-engine";

/** How many wait and run, as the observer was told last. */
let occupancy: [waiting: number, running: number];
const observer = { onOccupancy: (...counts: typeof occupancy) => (occupancy = counts) };
const LIMITS = { maxQueue: 2, requestTimeoutSeconds: 100, random: () => 0.5, observer };
const stays = new AbortController().signal;

/** Lets promise chains run; fake timers leave these alone. */
const settle = () => jest.advanceTimersByTimeAsync(0);

/** What became of a promise. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => (error instanceof RefusedError ? error.reason : error));
}

/** Work that runs until its gate opens, and notes its name when it starts. */
function job(name: string, started: string[]) {
  const hold = gate();
  const work = async (run: RunningRequest) => {
    started.push(name);
    jobs.set(name, run);
    await hold.promise;
    return name;
  };
  return { work, finish: hold.open };
}
const jobs = new Map<string, RunningRequest>();

beforeEach(() => {
  jest.useFakeTimers();
  jobs.clear();
  occupancy = [0, 0];
});
afterEach(() => {
  jest.useRealTimers();
});

describe("the queue", () => {
  it("runs as many as there are slots and the rest in the order in which they came", async () => {
    const admission = new Admission(LIMITS);
    const started: string[] = [];
    const all = ["a", "b", "c", "d"].map((name) => ({ name, ...job(name, started) }));
    const results = all.map(({ work }) => admission.submit(2, stays, work).result);
    expect(started).toEqual(["a", "b"]);
    expect(occupancy).toEqual([2, 2]);
    all[1]?.finish();
    await settle();
    expect(started).toEqual(["a", "b", "c"]);
    for (const { finish } of all) finish();
    expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
    expect(occupancy).toEqual([0, 0]);
  });

  it("refuses one request more than may wait, and admits again when one has left", async () => {
    const admission = new Admission(LIMITS);
    const started: string[] = [];
    const leaver = new AbortController();
    admission.submit(1, stays, job("a", started).work);
    const left = admission.submit(1, leaver.signal, job("b", started).work);
    admission.submit(1, stays, job("c", started).work);
    expect(() => admission.submit(1, stays, job("d", started).work)).toThrow(
      new RefusedError(
        "queue_full",
        "The only slot is busy and the queue is full (2 waiting). Try again in 10 seconds.",
        10,
      ),
    );
    leaver.abort();
    expect(await outcome(left.result)).toBe("client_gone");
    expect(() => admission.submit(1, stays, job("d", started).work)).not.toThrow();
    expect(started).toEqual(["a"]);
  });

  it("does not count the time in the queue as time in the slot when it says when to come back", async () => {
    const admission = new Admission(LIMITS);
    const jobs = ["a", "b", "c"].map((name) => job(name, []));
    for (const { work } of jobs) admission.submit(1, stays, work);
    for (const { finish } of jobs.slice(0, 2)) {
      jest.advanceTimersByTime(10_000);
      finish();
      await settle();
    }
    for (const name of ["d", "e"]) admission.submit(1, stays, job(name, []).work);
    jest.advanceTimersByTime(10_000);
    // The one that runs was admitted 30 seconds ago and has held its slot for 10, as long as the two before it.
    expect(() => admission.submit(1, stays, job("f", []).work)).toThrow(/Try again in 10 seconds/);
  });

  it("tells a request that waits its place in line, and again when it moves up", async () => {
    const admission = new Admission(LIMITS);
    const leaver = new AbortController();
    const first = job("a", []);
    const places: Record<string, number[]> = { a: [], b: [], c: [] };
    for (const [name, client, work] of [
      ["a", stays, first.work],
      ["b", leaver.signal, job("b", []).work],
      ["c", stays, job("c", []).work],
    ] as const) {
      const submission = admission.submit(1, client, work);
      submission.result.catch(() => undefined);
      submission.watchPlace((place) => places[name]?.push(place));
    }
    leaver.abort();
    first.finish();
    await settle();
    expect(places).toEqual({ a: [], b: [1], c: [2, 1] });
    expect(occupancy).toEqual([0, 1]);
  });

  it("with no queue at all admits what a slot is free for", () => {
    const admission = new Admission({ ...LIMITS, maxQueue: 0 });
    admission.submit(1, stays, job("a", []).work);
    expect(() => admission.submit(1, stays, job("b", []).work)).toThrow(RefusedError);
  });

  it("never starts the work of a client that left before or while waiting", async () => {
    const admission = new Admission(LIMITS);
    const started: string[] = [];
    const first = job("a", started);
    const leaver = new AbortController();
    admission.submit(1, stays, first.work);
    const waiting = admission.submit(1, leaver.signal, job("b", started).work);
    leaver.abort();
    const gone = admission.submit(1, AbortSignal.abort(), job("c", started).work);
    expect([await outcome(waiting.result), await outcome(gone.result)]).toEqual(["client_gone", "client_gone"]);
    first.finish();
    await settle();
    expect(started).toEqual(["a"]);
    expect(occupancy).toEqual([0, 0]);
  });

  it("aborts the signal of a running request whose client leaves, and frees the slot when the work lets go", async () => {
    const admission = new Admission(LIMITS);
    const leaver = new AbortController();
    const started: string[] = [];
    const first = job("a", started);
    const result = outcome(admission.submit(1, leaver.signal, first.work).result);
    admission.submit(1, stays, job("b", started).work);
    leaver.abort();
    expect(await result).toBe("client_gone");
    expect(jobs.get("a")?.signal.reason).toEqual(new RefusedError("client_gone", "The client closed the connection."));
    expect(started).toEqual(["a"]);
    first.finish();
    await settle();
    expect(started).toEqual(["a", "b"]);
  });

  it("frees the slot of work that fails", async () => {
    const admission = new Admission(LIMITS);
    const failing = admission.submit(1, stays, () => Promise.reject(new Error("boom")));
    await expect(failing.result).rejects.toThrow("boom");
    await settle();
    expect(occupancy).toEqual([0, 0]);
  });

  it("tells its observer how many wait and run, and how long a slot was held", async () => {
    const seen: unknown[] = [];
    const observer = {
      onOccupancy: (waiting: number, running: number) => seen.push([waiting, running]),
      onSlotFreed: (seconds: number) => seen.push(seconds),
    };
    const admission = new Admission({ ...LIMITS, observer });
    const first = job("a", []);
    const leaver = new AbortController();
    admission.submit(1, stays, first.work);
    admission.submit(1, leaver.signal, job("b", []).work).result.catch(() => undefined);
    leaver.abort();
    await jest.advanceTimersByTimeAsync(4000);
    first.finish();
    await settle();
    expect(seen).toEqual([[0, 1], [1, 1], [0, 1], 4, [0, 0]]);
  });
});

describe("the deadline", () => {
  it("counts waiting and running together and ends both kinds with the same error", async () => {
    const admission = new Admission(LIMITS);
    const started: string[] = [];
    const first = job("a", started);
    const running = outcome(admission.submit(1, stays, first.work).result);
    await jest.advanceTimersByTimeAsync(60_000);
    const waiting = outcome(admission.submit(1, stays, job("b", started).work).result);
    await jest.advanceTimersByTimeAsync(39_999);
    expect(jobs.get("a")?.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await running).toBe("deadline");
    expect(jobs.get("a")?.signal.aborted).toBe(true);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await waiting).toBe("deadline");
    expect([started, occupancy]).toEqual([["a"], [0, 1]]);
  });

  it("does not fire for a request that was answered in time", async () => {
    const admission = new Admission(LIMITS);
    const first = job("a", []);
    const { result } = admission.submit(1, stays, first.work);
    first.finish();
    expect(await result).toBe("a");
    await jest.advanceTimersByTimeAsync(200_000);
    expect(jobs.get("a")?.signal.aborted).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("the stall detector", () => {
  it("measures from the last sign of life of the request that has been silent for longest", async () => {
    const admission = new Admission({ ...LIMITS, requestTimeoutSeconds: 10_000 });
    admission.submit(2, stays, job("a", []).work);
    await jest.advanceTimersByTimeAsync(10_000);
    admission.submit(2, stays, job("b", []).work);
    expect(admission.stalledSeconds()).toBe(10);
    await jest.advanceTimersByTimeAsync(5000);
    jobs.get("a")?.progress();
    expect(admission.stalledSeconds()).toBe(5);
  });

  it("does not count requests that wait, nor an idle service", async () => {
    const admission = new Admission({ ...LIMITS, requestTimeoutSeconds: 10_000 });
    const started: string[] = [];
    await jest.advanceTimersByTimeAsync(50_000);
    expect(admission.stalledSeconds()).toBe(0);
    const first = job("a", started);
    admission.submit(1, stays, first.work);
    admission.submit(1, stays, job("b", started).work);
    await jest.advanceTimersByTimeAsync(50_000);
    first.finish();
    await settle();
    expect(started).toEqual(["a", "b"]);
    expect(admission.stalledSeconds()).toBe(0);
  });

  it("goes on counting after the client was answered, for as long as the engine holds on", async () => {
    const admission = new Admission(LIMITS);
    const deaf = outcome(admission.submit(1, stays, job("a", []).work).result);
    await jest.advanceTimersByTimeAsync(100_000);
    expect(await deaf).toBe("deadline");
    await jest.advanceTimersByTimeAsync(200_000);
    expect(admission.stalledSeconds()).toBe(300);
  });
});

describe("draining", () => {
  it("is over at once when nothing runs, and refuses from then on", async () => {
    const admission = new Admission(LIMITS);
    await admission.drain(60_000);
    expect(() => admission.submit(1, stays, job("a", []).work)).toThrow(
      new RefusedError(
        "draining",
        "The service is shutting down and could not complete this request. Try again shortly.",
        10,
      ),
    );
    expect(jest.getTimerCount()).toBe(0);
  });

  it("lets what runs and what waits finish within its time", async () => {
    const admission = new Admission(LIMITS);
    const started: string[] = [];
    const first = job("a", started);
    const second = job("b", started);
    const results = [first, second].map(({ work }) => admission.submit(1, stays, work).result);
    let drained = false;
    const draining = admission.drain(60_000).then(() => (drained = true));
    await jest.advanceTimersByTimeAsync(59_000);
    first.finish();
    await settle();
    expect([started, drained]).toEqual([["a", "b"], false]);
    second.finish();
    expect(await Promise.all(results)).toEqual(["a", "b"]);
    await draining;
    expect(jest.getTimerCount()).toBe(0);
  });

  it("asked twice, ends at the shorter time, and both calls are told", async () => {
    const admission = new Admission(LIMITS);
    const result = outcome(admission.submit(1, stays, job("a", []).work).result);
    const told: string[] = [];
    const calls = [
      admission.drain(60_000).then(() => told.push("first")),
      admission.drain(1_000).then(() => told.push("second")),
    ];
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await result).toBe("draining");
    await Promise.all(calls);
    expect(told).toEqual(["first", "second"]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("ends the rest with an error when its time is over, even if the engine does not let go", async () => {
    const admission = new Admission(LIMITS);
    const results = ["a", "b"].map((name) => outcome(admission.submit(1, stays, job(name, []).work).result));
    const draining = admission.drain(30_000);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(jobs.get("a")?.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await Promise.all(results)).toEqual(["draining", "draining"]);
    await draining;
  });
});
