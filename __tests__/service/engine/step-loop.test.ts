import { type Pace, type PieceToEvaluate, type Sequence } from "../../../service/src/engine/step.js";
import { StepLoop } from "../../../service/src/engine/step-loop.js";

const never = new AbortController().signal;
const sequence = (id: number): Sequence => ({ id, tokens: [] });

/** A loop over steps that the test finishes by hand. Samplers are names; each draws 1, 2, 3, ... */
function makeLoop(promptTokens = 4) {
  const steps: { pieces: readonly PieceToEvaluate<string>[]; finish: () => void; fail: (error: Error) => void }[] = [];
  const observed: Parameters<Pace["observe"]>[0][] = [];
  const planned: Parameters<Pace["plan"]>[0][] = [];
  const drawn = new Map<string, number>();
  const loop = new StepLoop<string>({
    evaluate: (pieces) =>
      new Promise((resolve, reject) => {
        const finish = (): void =>
          resolve(
            pieces.map(({ sampler }) => {
              if (sampler === undefined) return undefined;
              const token = (drawn.get(sampler) ?? 0) + 1;
              drawn.set(sampler, token);
              return token;
            }),
          );
        steps.push({ pieces, finish, fail: reject });
      }),
    pace: {
      plan: (company) => {
        planned.push(company);
        return { threads: 1, promptTokens, aligned: false };
      },
      observe: (step) => observed.push(step),
    },
    now: () => 0,
  });
  /** Finishes the step that is under way and waits for the next. */
  const step = async (): Promise<readonly PieceToEvaluate<string>[]> => {
    await settled();
    const current = steps.shift();
    current?.finish();
    await settled();
    return current?.pieces ?? [];
  };
  return { loop, steps, observed, planned, step };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const sizes = (pieces: readonly PieceToEvaluate<string>[]): [number, number, number][] =>
  pieces.map(({ sequence: id, position, tokens }) => [id, position, tokens.length]);

describe("StepLoop", () => {
  it("an answer that has begun counts while it has nothing to do: one that calls a tool waits for its grammar", async () => {
    const { loop, step, planned } = makeLoop();
    const answer = loop.join(sequence(0));
    await Promise.all([answer.generate(9, "a", never, () => false), step()]);
    void loop.join(sequence(1)).read([1, 2, 3, 4, 5, 6, 7, 8, 9], never, () => undefined);
    await settled();
    expect(planned.at(-1)).toEqual({ reading: 1, answers: 0, begun: 1 });
    // `leave` waits for the step that is under way.
    await Promise.all([answer.leave(), step()]);
    expect(planned.at(-1)).toEqual({ reading: 1, answers: 0, begun: 0 });
  });

  it("all answers get one token a step, and a prompt one piece", async () => {
    const { loop, step, observed, planned } = makeLoop();
    const [a, b] = [sequence(0), sequence(1)];
    const tokens: number[] = [];
    const generated = loop.join(a).generate(9, "a", never, (token) => tokens.push(token) < 3);
    const read = loop.join(b).read([1, 2, 3, 4, 5, 6], never, () => undefined);
    expect([sizes(await step()), sizes(await step()), sizes(await step())]).toEqual([
      [
        [0, 0, 1],
        [1, 0, 4],
      ],
      [
        [0, 1, 1],
        [1, 4, 2],
      ],
      [[0, 2, 1]],
    ]);
    await Promise.all([generated, read]);
    expect(tokens).toEqual([1, 2, 3]);
    // The last drawn token is not read.
    expect(a.tokens).toEqual([9, 1, 2]);
    expect(b.tokens).toEqual([1, 2, 3, 4, 5, 6]);
    expect(observed[0]).toEqual({ threads: 1, promptTokens: 4, answers: 1, seconds: 0 });
    expect(observed[2]).toEqual({ threads: 1, promptTokens: 0, answers: 1, seconds: 0 });
    // In the first step nobody has seen a token of the answer yet.
    expect(planned).toEqual([
      { reading: 1, answers: 1, begun: 0 },
      { reading: 1, answers: 1, begun: 1 },
      { reading: 0, answers: 1, begun: 1 },
    ]);
  });

  it("two prompts that do not fit one step take turns", async () => {
    const { loop, step } = makeLoop();
    for (const id of [0, 1]) void loop.join(sequence(id)).read([1, 2, 3, 4, 5, 6, 7, 8], never, () => undefined);
    const ids = [await step(), await step(), await step()].map((pieces) => pieces.map((piece) => piece.sequence));
    expect(ids).toEqual([[0], [1], [0]]);
  });

  it("a newcomer takes part in the next step", async () => {
    const { loop, step } = makeLoop();
    void loop.join(sequence(0)).generate(9, "a", never, () => true);
    await settled();
    void loop.join(sequence(1)).generate(9, "b", never, () => true);
    expect(sizes(await step())).toEqual([[0, 0, 1]]);
    expect(sizes(await step())).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ]);
  });

  it("work that must run alone runs before the next step, with no step beside it", async () => {
    const { loop, steps, step } = makeLoop();
    const log: string[] = [];
    void loop.join(sequence(0)).generate(9, "a", never, () => true);
    await settled();
    let release: (() => void) | undefined;
    const work = (): Promise<string> => {
      log.push(`begun with ${steps.length} steps under way`);
      return new Promise((resolve) => (release = () => resolve("done")));
    };
    const alone = loop.join(sequence(1)).alone(work, never);
    await settled();
    expect(log).toEqual([]);
    await step();
    expect(log).toEqual(["begun with 0 steps under way"]);
    expect(steps).toHaveLength(0);
    release?.();
    await expect(alone).resolves.toBe("done");
    await settled();
    expect(steps).toHaveLength(1);
  });

  it("an abort rejects at once, books what the step did, and holds no one up", async () => {
    const { loop, step } = makeLoop();
    const controller = new AbortController();
    const [a, b] = [sequence(0), sequence(1)];
    const lane = loop.join(a);
    const read = lane.read([1, 2, 3, 4, 5, 6], controller.signal, () => undefined);
    void loop.join(b).generate(9, "b", never, () => true);
    await settled();
    const reason = new Error("client left");
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    let left = false;
    void lane.leave().then(() => (left = true));
    await settled();
    expect(left).toBe(false);
    expect(sizes(await step())).toHaveLength(2);
    expect(left).toBe(true);
    expect(a.tokens).toEqual([1, 2, 3, 4]);
    expect(sizes(await step())).toEqual([[1, 1, 1]]);
  });

  it("a step that fails reaches all who took part, and their sequences count as empty", async () => {
    const { loop, steps } = makeLoop();
    const a = sequence(0);
    a.tokens.push(1, 2);
    const generated = loop.join(a).generate(9, "a", never, () => true);
    await settled();
    steps.shift()?.fail(new Error("decode failed"));
    await expect(generated).rejects.toThrow("decode failed");
    expect(a.tokens).toEqual([]);
  });

  it("what a callback throws ends its own answer only", async () => {
    const { loop, step } = makeLoop();
    const failing = loop.join(sequence(0)).generate(9, "a", never, () => {
      throw new Error("no such delta");
    });
    void loop.join(sequence(1)).generate(9, "b", never, () => true);
    const expectation = expect(failing).rejects.toThrow("no such delta");
    await step();
    await expectation;
    expect(sizes(await step())).toEqual([[1, 1, 1]]);
  });

  it("refuses two tasks at once, and work of a lane that has left", async () => {
    const { loop } = makeLoop();
    const lane = loop.join(sequence(0));
    void lane.read([1], never, () => undefined);
    await expect(lane.read([1], never, () => undefined)).rejects.toThrow("a lane can run one piece of work at a time");
    const other = loop.join(sequence(1));
    void other.leave();
    await expect(other.read([1], never, () => undefined)).rejects.toThrow("a lane that has left cannot run work");
  });

  it("a signal that is aborted already is obeyed before anything begins", async () => {
    const { loop, steps } = makeLoop();
    const reason = new Error("gone");
    await expect(loop.join(sequence(0)).read([1], AbortSignal.abort(reason), () => undefined)).rejects.toBe(reason);
    await settled();
    expect(steps).toEqual([]);
  });
});
