import { type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission, type Submission } from "../admission/admission.js";
import { RefusedError } from "../admission/errors.js";
import { ApiError } from "./api-error.js";
import { clientSignal } from "./client-signal.js";
import { type Engine, type GenerationEvents, type GenerationRequest, type GenerationResult } from "../engine/engine.js";
import { type Lifecycle } from "../lifecycle/lifecycle.js";
import { type Metrics } from "../metrics.js";
import { round } from "./request-log.js";

export interface GenerationServiceOptions {
  readonly lifecycle: Lifecycle;
  readonly admission: Admission;
  readonly metrics: Metrics;
}

/** Takes a generation from a route to the engine and back, and measures it; shared by chat and triage. */
export class GenerationService {
  readonly #options: GenerationServiceOptions;

  constructor(options: GenerationServiceOptions) {
    this.#options = options;
  }

  /** @throws {ApiError} 503 while there is no model or no more admission */
  engine(): Engine {
    const { lifecycle, metrics } = this.#options;
    const engine = lifecycle.engine;
    const report = lifecycle.report();
    if (engine !== undefined && report.status === "ready") return engine;
    const draining = report.status === "draining";
    metrics.refused.inc({ reason: draining ? "draining" : "not_ready" });
    throw draining
      ? new ApiError(503, "The service is shutting down. Try again shortly.", {
          code: "draining",
          retryAfterSeconds: RETRY_SECONDS,
        })
      : new ApiError(503, `The model is not ready yet (${report.phase}). GET /ready shows the progress.`, {
          code: "model_not_ready",
          retryAfterSeconds: secondsLeft(report.progress, report.phase_seconds?.[report.phase]),
        });
  }

  /**
   * Reads the prompt and admits the request, or refuses it: a request that cannot be answered does not wait in the queue.
   * The client's socket ends the generation when it closes.
   *
   * @throws {RefusedError | PromptTooLongError | UnsupportedRequestError}
   */
  async submit(
    request: FastifyRequest,
    reply: FastifyReply,
    generation: GenerationRequest,
    hooks: Pick<GenerationEvents, "onPrompt" | "onDelta"> = {},
  ): Promise<Submission<GenerationResult>> {
    const engine = this.engine();
    const client = clientSignal(request, reply);
    await this.#counted(async () => {
      this.#options.admission.check(engine.slots);
      await engine.prepare(generation, client);
    });
    const { admission, metrics } = this.#options;
    const { facts } = request;
    const admittedAt = performance.now();
    let lastDeltaAt: number | undefined;
    let deltas = 0;

    const submission = await this.#counted(() =>
      admission.submit(engine.slots, client, async (run) => {
        facts.queue_ms = round(run.queueSeconds * 1000);
        metrics.queueSeconds.observe(run.queueSeconds);
        try {
          const result = await engine.generate(generation, {
            signal: run.signal,
            onProgress: run.progress,
            onPrompt: (prompt) => {
              facts.prompt_tokens = prompt.promptTokens;
              facts.cached_tokens = prompt.cachedTokens;
              metrics.promptTokens.inc(prompt.promptTokens);
              metrics.cachedTokens.inc(prompt.cachedTokens);
              if (!run.signal.aborted) hooks.onPrompt?.(prompt);
            },
            onDelta: (delta) => {
              if (run.signal.aborted) return;
              const now = performance.now();
              facts.completion_tokens = ++deltas;
              if (lastDeltaAt === undefined) {
                facts.first_token_ms = round(now - admittedAt);
                metrics.timeToFirstToken.observe((now - admittedAt) / 1000);
              } else {
                metrics.interToken.observe((now - lastDeltaAt) / 1000);
              }
              lastDeltaAt = now;
              hooks.onDelta?.(delta);
            },
          });
          metrics.generatedTokens.inc(result.completionTokens);
          facts.prefill_ms = round(result.prefillSeconds * 1000);
          facts.decode_ms = round(result.decodeSeconds * 1000);
          facts.completion_tokens = result.completionTokens;
          facts.finish_reason = result.finishReason;
          return result;
        } catch (error) {
          // An answer that was ended early reports no count. Each of its pieces is one token or a few.
          metrics.generatedTokens.inc(deltas);
          throw error;
        }
      }),
    );
    submission.result.catch((error: unknown) => this.#countRefusal(error));
    return submission;
  }

  async #counted<T>(submit: () => T | Promise<T>): Promise<T> {
    try {
      return await submit();
    } catch (error) {
      this.#countRefusal(error);
      throw error;
    }
  }

  #countRefusal(error: unknown): void {
    if (error instanceof RefusedError) this.#options.metrics.refused.inc({ reason: error.reason });
  }
}

const RETRY_SECONDS = 10;

/** The rest of the present phase at its pace so far, within a minute: clients ignore longer waits and guess instead. */
function secondsLeft(progress: number | null, spent: number | undefined): number {
  if (progress === null || progress <= 0 || spent === undefined) return RETRY_SECONDS;
  return Math.min(60, Math.max(1, Math.ceil((spent / progress) * (1 - progress))));
}
