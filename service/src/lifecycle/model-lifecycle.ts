import { setTimeout as pause } from "node:timers/promises";
import { type BaseLogger } from "pino";
import { type Phase, type ReadyReport } from "../contract.js";
import { type Engine } from "../engine/engine.js";
import { errorMessage } from "../error-facts.js";
import { type AcquiredModel, type AcquireHooks } from "../model-store/model-store.js";
import { RetriableError } from "../model-store/store-errors.js";
import { backOffSeconds, DEFAULT_BACK_OFF, type BackOffLimits } from "./back-off.js";
import { type Lifecycle } from "./lifecycle.js";
import { ProgressReport } from "./progress-report.js";

export interface ModelLifecycleOptions {
  readonly acquireModel: (hooks: AcquireHooks) => Promise<AcquiredModel>;
  /** Loads and warms up, and says when the one ends and the other begins. */
  readonly loadEngine: (modelPath: string, hooks: LoadHooks) => Promise<Engine>;
  readonly logger: Pick<BaseLogger, "info" | "warn">;
  /** Bytes of the model that came over the network just now. */
  readonly onReceived?: (bytes: number) => void;
  /** Milliseconds since the process started. */
  readonly now?: () => number;
  readonly backOff?: BackOffLimits;
}

export interface LoadHooks {
  readonly signal: AbortSignal;
  readonly onLoadProgress: (fraction: number) => void;
  readonly onWarmUp: () => void;
}

/**
 * Takes the process from listening to answering, in the background: lock, reuse or download, verify, load, warm up. A
 * failure that a retry may cure is retried without end and shown on `/ready`; any other rejects `start`, and the caller
 * ends the process.
 */
export class ModelLifecycle implements Lifecycle {
  readonly #progress: ProgressReport;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #loaded: Engine | undefined;
  #hit: boolean | null = null;
  #draining = false;
  readonly #options: ModelLifecycleOptions;

  constructor(options: ModelLifecycleOptions) {
    this.#options = options;
    this.#progress = new ProgressReport(options.now ?? (() => performance.now()), 0);
  }

  get engine(): Engine | undefined {
    return this.#loaded;
  }

  get cacheHit(): boolean | null {
    return this.#hit;
  }

  report(): ReadyReport {
    return this.#progress.toJSON();
  }

  /**
   * Resolves when the model answers, or when `stop` ended the way there.
   *
   * @throws {FatalError} when retrying cannot help, and any unexpected error
   */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    await this.#running;
  }

  /** `/ready` says 503 from here on. The engine stays for the answers that are under way. Idempotent. */
  beginDrain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#enter("draining");
  }

  /** Ends whatever runs, waits until nothing touches the cache any more, and frees the model. Idempotent. */
  async stop(): Promise<void> {
    this.beginDrain();
    this.#stopping.abort(new Error("The service is shutting down."));
    await this.#running?.catch(() => undefined);
    const engine = this.#loaded;
    this.#loaded = undefined;
    await engine?.dispose();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const { path } = await this.#acquire(signal);
      const engine = await this.#load(path, signal);
      if (signal.aborted) {
        await engine.dispose();
        return;
      }
      this.#loaded = engine;
      this.#enter("ready");
    } catch (error) {
      if (signal.aborted) return;
      this.#progress.fail(errorMessage(error));
      this.#enter("failed");
      throw error;
    }
  }

  async #acquire(signal: AbortSignal): Promise<AcquiredModel> {
    const { acquireModel, logger, backOff = DEFAULT_BACK_OFF } = this.#options;
    this.#enter("locking");
    for (let failures = 1; ; failures++) {
      const before = this.#progress.toJSON().downloaded_bytes ?? 0;
      try {
        const model = await acquireModel(this.#acquireHooks(signal));
        this.#hit = model.cacheHit;
        return model;
      } catch (error) {
        if (!(error instanceof RetriableError) || signal.aborted) throw error;
        const progressed = (this.#progress.toJSON().downloaded_bytes ?? 0) > before;
        if (progressed) failures = 1;
        const seconds = backOffSeconds(failures, error.retryAfterSeconds, Math.random(), backOff);
        logger.warn({ retry_seconds: Math.round(seconds * 10) / 10 }, error.message);
        this.#progress.fail(error.message);
        await pause(seconds * 1_000, undefined, { signal });
        this.#progress.retry();
      }
    }
  }

  #acquireHooks(signal: AbortSignal): AcquireHooks {
    return {
      signal,
      onPhase: (phase, note) => {
        if (phase === "verifying") this.#progress.succeed();
        this.#progress.wait(note);
        this.#enter(phase);
      },
      onProgress: (done, total) => this.#progress.advanceBytes(done, total),
      ...(this.#options.onReceived && { onReceived: this.#options.onReceived }),
    };
  }

  async #load(path: string, signal: AbortSignal): Promise<Engine> {
    signal.throwIfAborted();
    this.#progress.succeed();
    this.#enter("loading");
    return await this.#options.loadEngine(path, {
      signal,
      onLoadProgress: (fraction) => this.#progress.advance(fraction),
      onWarmUp: () => this.#enter("warming_up"),
    });
  }

  #enter(phase: Phase): void {
    // Draining is the last thing that is reported, whatever still runs.
    if (this.#draining && phase !== "draining") return;
    if (this.#progress.phase === phase) return;
    this.#progress.enter(phase);
    this.#options.logger.info({ phase }, "phase");
  }
}
