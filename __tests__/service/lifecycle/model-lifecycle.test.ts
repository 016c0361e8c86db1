import { type Engine } from "../../../service/src/engine/engine.js";
import { FatalError } from "../../../service/src/fatal-error.js";
import { ModelLifecycle, type ModelLifecycleOptions } from "../../../service/src/lifecycle/model-lifecycle.js";
import { RetriableError } from "../../../service/src/model-store/store-errors.js";

const engine = (disposed: string[] = []): Engine =>
  ({ slots: 1, dispose: () => Promise.resolve(void disposed.push("disposed")) }) as unknown as Engine;

function lifecycleWith(options: Partial<ModelLifecycleOptions>): { lifecycle: ModelLifecycle; phases: string[] } {
  const phases: string[] = [];
  const lifecycle = new ModelLifecycle({
    acquireModel: () => Promise.resolve({ path: "/model", cacheHit: true }),
    loadEngine: () => Promise.resolve(engine()),
    logger: { info: ({ phase }: { phase: string }) => void phases.push(phase), warn: () => undefined },
    backOff: { first: 0.001, longest: 0.002 },
    ...options,
  });
  return { lifecycle, phases };
}

it("goes through its phases and has an engine only at the end", async () => {
  const { lifecycle, phases } = lifecycleWith({
    loadEngine: (path, hooks) => {
      expect(path).toBe("/model");
      expect(lifecycle.engine).toBeUndefined();
      hooks.onLoadProgress(0.5);
      expect(lifecycle.report().progress).toBe(0.5);
      hooks.onWarmUp();
      return Promise.resolve(engine());
    },
  });
  expect(lifecycle.cacheHit).toBeNull();
  await lifecycle.start();
  expect(phases).toEqual(["locking", "loading", "warming_up", "ready"]);
  expect(lifecycle.engine).toBeDefined();
  expect(lifecycle.cacheHit).toBe(true);
});

it("retries what may be cured, and shows it", async () => {
  let tries = 0;
  const seen: unknown[] = [];
  const { lifecycle } = lifecycleWith({
    acquireModel: () => {
      const { attempt, error } = lifecycle.report();
      seen.push([attempt, error]);
      return ++tries < 3
        ? Promise.reject(new RetriableError(`failure ${tries}`))
        : Promise.resolve({ path: "/model", cacheHit: false });
    },
  });
  await lifecycle.start();
  expect(seen).toEqual([
    [1, null],
    [2, "failure 1"],
    [3, "failure 2"],
  ]);
  expect(lifecycle.report()).toMatchObject({ phase: "ready", attempt: 1, error: null });
});

it("a fatal failure ends the start and is shown", async () => {
  const failure = new FatalError("unsupportedModel", "no GGUF");
  const { lifecycle } = lifecycleWith({ loadEngine: () => Promise.reject(failure) });
  await expect(lifecycle.start()).rejects.toBe(failure);
  expect(lifecycle.report()).toMatchObject({ status: "failed", phase: "failed", error: "no GGUF" });
});

it("an engine that arrives after stop is disposed of, and draining stays the last word", async () => {
  const disposed: string[] = [];
  let arrive: (loaded: Engine) => void = () => undefined;
  const { lifecycle, phases } = lifecycleWith({ loadEngine: () => new Promise((resolve) => (arrive = resolve)) });
  const started = lifecycle.start();
  await new Promise(setImmediate);
  const stopped = lifecycle.stop();
  arrive(engine(disposed));
  await Promise.all([started, stopped]);
  expect(disposed).toEqual(["disposed"]);
  expect(lifecycle.engine).toBeUndefined();
  expect(phases).toEqual(["locking", "loading", "draining"]);
});

it("draining keeps the engine until stop, which disposes of it once", async () => {
  const disposed: string[] = [];
  const { lifecycle } = lifecycleWith({ loadEngine: () => Promise.resolve(engine(disposed)) });
  await lifecycle.start();
  lifecycle.beginDrain();
  expect(lifecycle.engine).toBeDefined();
  expect(lifecycle.report().status).toBe("draining");
  await lifecycle.stop();
  await lifecycle.stop();
  expect(disposed).toEqual(["disposed"]);
});
