import { MeasuredPace } from "../../../service/src/engine/pace.js";

/** A pace on a virtual clock. `busy` is the number of cores that the neighbours use. */
function makePace(followMachine = true, targetSeconds = 0.5) {
  const machine = { now: 0, busy: 0, processor: 0, costOfSmallPieces: 1 };
  const logged: [object, string][] = [];
  const pace = new MeasuredPace({
    threads: 2,
    followMachine,
    targetSeconds,
    fixedPiece: undefined,
    cores: { idleCores: () => Math.max(0, 1 - machine.busy) },
    logger: { info: (fields, text) => logged.push([fields, text]), warn: () => undefined, debug: () => undefined },
    now: () => machine.now,
    processorSeconds: () => machine.processor,
  });
  const step = (reading: number, answers: number): number => {
    const { threads, promptTokens } = pace.plan({ reading, answers, begun: answers });
    const crowded = threads === 2 && machine.busy > 0;
    const size = promptTokens < 16 ? machine.costOfSmallPieces : 1;
    const perToken = (threads === 2 ? 0.02 : 0.036) * (crowded ? 20 : 1) * size;
    const seconds = 0.05 * (crowded ? 20 : 1) + promptTokens * perToken;
    machine.now += seconds;
    machine.processor += seconds * (crowded ? 1 : threads);
    pace.observe({ threads, promptTokens, answers, seconds });
    return promptTokens;
  };
  return { machine, pace, step, logged };
}

describe("MeasuredPace", () => {
  it("reads nothing in a step of answers only", () => {
    expect(makePace().pace.plan({ reading: 0, answers: 2, begun: 2 }).promptTokens).toBe(0);
  });

  it("reading and generating have threads apart, and each change is one line", () => {
    const { machine, pace, step, logged } = makePace();
    for (let turn = 0; turn < 10; turn++) step(0, 1);
    machine.busy = 2;
    for (let turn = 0; turn < 10; turn++) step(0, 1);
    expect(pace.threads).toEqual({ reading: 2, generating: 1 });
    for (let turn = 0; turn < 4; turn++) step(1, 0);
    expect(pace.threads).toEqual({ reading: 1, generating: 1 });
    expect(logged.map(([, text]) => text)).toEqual(["threads follow the machine", "threads follow the machine"]);
    expect(logged[0]?.[0]).toMatchObject({ reading: 2, generating: 1, most: 2 });
  });

  it("after a pause the idle cores decide", () => {
    const { machine, pace, step } = makePace();
    step(0, 1);
    machine.now += 60;
    machine.busy = 1;
    step(0, 1);
    expect(pace.threads).toEqual({ reading: 1, generating: 1 });
  });

  it("keeps all threads when it must not follow the machine", () => {
    const { machine, pace, step, logged } = makePace(false);
    machine.busy = 2;
    for (let turn = 0; turn < 10; turn++) step(1, 1);
    expect(pace.threads).toEqual({ reading: 2, generating: 2 });
    expect(logged).toEqual([]);
  });

  it("never reads with fewer threads on a machine that disturbs nothing", () => {
    const { machine, pace, step } = makePace();
    while (machine.now < 1200) {
      expect(pace.plan({ reading: 1, answers: 0, begun: 0 })).toMatchObject({ threads: 2 });
      step(1, 0);
    }
  });

  it("small pieces beside an answer cost more by the token, and that is no reason to try fewer threads", () => {
    const { machine, pace, step } = makePace(true, 0.3);
    machine.costOfSmallPieces = 2;
    for (let turn = 0; turn < 6; turn++) step(1, 0);
    for (let turn = 0; turn < 6; turn++) {
      expect(pace.plan({ reading: 1, answers: 1, begun: 1 })).toMatchObject({ threads: 2 });
      expect(step(1, 1)).toBeLessThan(16);
    }
  });
});
