import { ThreadControl } from "../../../service/src/engine/thread-control.js";

/**
 * A machine on a virtual clock. Threads share the work; one without a core holds up all others, as
 * llama.cpp's do.
 */
class Machine {
  now = 0;
  neighbours = 0;
  readonly changes: [at: number, threads: number][] = [];
  /** When steps with fewer threads than the best number were taken. */
  readonly trials: number[] = [];
  readonly control: ThreadControl;

  constructor(
    readonly cores: number,
    readonly known = true,
    /** Seconds of a step for a number of threads on idle cores. */
    readonly calm = (threads: number) => 0.05 / threads ** 0.3,
    most = cores,
  ) {
    this.control = new ThreadControl({
      most,
      now: () => this.now,
      idleCores: () => (known ? Math.max(0, cores - this.neighbours - 1) : undefined),
    });
  }

  seconds(threads: number): number {
    const crowded = threads + this.neighbours > this.cores;
    if (!crowded) return this.calm(threads);
    return threads === 1 ? this.calm(1) * 1.5 : this.calm(threads) * (this.neighbours >= this.cores ? 30 : 2.5);
  }

  /** @returns steps taken */
  run(seconds: number, size = 1): number {
    const end = this.now + seconds;
    let steps = 0;
    for (; this.now < end; steps++) {
      const threads = this.control.choose(size);
      const took = this.seconds(threads);
      this.now += took;
      const share = Math.min(1, this.cores / (threads + this.neighbours));
      const before = this.control.threads;
      if (threads < before) this.trials.push(this.now);
      this.control.observe({ threads, size, seconds: took, usedCores: this.known ? threads * share : undefined });
      if (this.control.threads !== before) this.changes.push([this.now, this.control.threads]);
    }
    return steps;
  }
}

describe("ThreadControl", () => {
  it.each([true, false])("on a quiet machine it keeps all threads (processor time known: %p)", (known) => {
    const machine = new Machine(4, known);
    machine.run(120);
    expect(machine.control.threads).toBe(4);
    expect(machine.changes).toEqual([]);
  });

  it.each([
    ["known", true],
    ["unknown", false],
  ])("two busy neighbours on two cores: one thread after a few steps (processor time %s)", (_, known) => {
    const machine = new Machine(2, known);
    machine.run(5);
    machine.neighbours = 2;
    machine.run(2);
    expect(machine.control.threads).toBe(1);
    // From then on at least 0.7 of what one thread would give in this company.
    expect(machine.run(30) * machine.seconds(1)).toBeGreaterThan(known ? 0.95 * 30 : 0.2 * 30);
  });

  it.each([true, false])("goes back up within five seconds after the neighbours have gone (%p)", (known) => {
    const machine = new Machine(2, known);
    machine.run(5);
    machine.neighbours = 2;
    machine.run(60);
    machine.neighbours = 0;
    machine.run(5);
    expect(machine.control.threads).toBe(2);
  });

  it("gives up only as many threads as the neighbours need", () => {
    const machine = new Machine(8);
    machine.run(5);
    machine.neighbours = 2;
    machine.run(5);
    expect(machine.control.threads).toBe(6);
  });

  it("does not flap while the neighbours stay", () => {
    const machine = new Machine(2);
    machine.run(5);
    machine.neighbours = 1;
    machine.run(120);
    expect(machine.changes.map(([, threads]) => threads)).toEqual([1]);
  });

  it("one slow step changes nothing", () => {
    const machine = new Machine(2);
    machine.run(5);
    machine.control.observe({ threads: 2, size: 1, seconds: machine.calm(2) * 3, usedCores: 1.2 });
    machine.run(5);
    expect(machine.changes).toEqual([]);
  });

  it("seldom tries fewer threads where nothing looks disturbed", () => {
    const machine = new Machine(2);
    machine.run(60);
    expect(machine.trials.length).toBeGreaterThan(0);
    machine.trials.length = 0;
    machine.run(1200);
    expect(machine.trials.length).toBeGreaterThan(0);
    expect(machine.trials.length).toBeLessThan(10);
  });

  it("finds out that more threads than the machine is good for were wanted", () => {
    const hyperthreads = (threads: number) => 0.05 / Math.min(threads, 2) + Math.max(0, threads - 2) * 0.02;
    const machine = new Machine(4, true, hyperthreads);
    machine.run(60);
    expect(machine.control.threads).toBe(2);
  });

  it("what it has found out outlasts pauses and answers that come and go", () => {
    const hyperthreads = (threads: number) => 0.05 / Math.min(threads, 2) + Math.max(0, threads - 2) * 0.02;
    const machine = new Machine(4, true, hyperthreads);
    machine.run(2);
    let steps = 0;
    for (let turn = 0; turn < 200; turn++) {
      machine.now += 5;
      machine.control.start();
      steps += machine.run(0.5, 1) + machine.run(0.5, 2);
    }
    // 1200 s; a step with two threads takes 0.025 s.
    expect(steps).toBeGreaterThan(0.93 * 200 * 40);
  });

  it("without routine it tries nothing before a step looks disturbed", () => {
    const control = new ThreadControl({ most: 2, now: () => 0, idleCores: () => 1, routine: false });
    for (let step = 0; step < 20; step++) {
      expect(control.choose(1)).toBe(2);
      control.observe({ threads: 2, size: 1, seconds: 1, usedCores: 2 });
    }
    for (let step = 0; step < 2; step++) control.observe({ threads: 2, size: 1, seconds: 1, usedCores: 1 });
    expect(control.choose(1)).toBe(1);
  });

  it("steps of different sizes are not compared", () => {
    const machine = new Machine(2);
    for (let turn = 0; turn < 40; turn++) {
      machine.run(0.3, 1);
      machine.run(0.3, 4);
    }
    expect(machine.changes).toEqual([]);
  });

  it("after a pause it begins with the threads that have a core", () => {
    const idle = { cores: 2 };
    const control = new ThreadControl({ most: 2, now: () => 0, idleCores: () => idle.cores });
    const chosen = [2, 1.5, 1.2, 0].map((cores) => {
      idle.cores = cores;
      control.start();
      return control.threads;
    });
    expect(chosen).toEqual([2, 2, 1, 1]);
  });
});
