/**
 * Loads a model and warms it up. Everything that can be refused without native code is refused first, with the reason;
 * what llama.cpp itself refuses afterwards is reported with the words of its log.
 */
import { getLlama, type Llama, type LlamaContext, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";

import { errorMessage } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { memoryNeed } from "../memory-need.js";
import { NativeContext } from "./binding-internals.js";
import { ChatPrompt } from "./chat-prompt.js";
import { Complaints, mayRefuse } from "./complaints.js";
import { CoreWatch } from "./core-watch.js";
import { allowedThreads, cpuAllotment } from "./cpu-allotment.js";
import { type Engine, type EngineLogger } from "./engine.js";
import { type GgufHeader, readGgufHeader } from "./gguf-header.js";
import { LlamaEngine } from "./llama-engine.js";
import { memoryLimit } from "./memory-allotment.js";
import { openStateStore, type StateCacheOptions } from "./open-state-store.js";
import { MeasuredPace } from "./pace.js";
import { MOST_STEP_TOKENS } from "./piece-size.js";
import { brokenCharacters } from "./whole-characters.js";

export interface EngineOptions {
  readonly modelPath: string;
  readonly modelId: string;
  /** Tokens of context for each slot. */
  readonly contextSize: number;
  /** Answers that are generated at the same time. */
  readonly slots: number;
  /** @default the cpu allotment's; more than that is refused */
  readonly threads?: number | undefined;
  /** Fewer threads while neighbours use the cores. @default true */
  readonly threadsFollow?: boolean | undefined;
  /** What a running answer may wait for its next token while a prompt is read, seconds; at least 8 tokens are read. @default 0.5 */
  readonly stepTargetSeconds?: number | undefined;
  /** Prompts are always read in pieces of so many tokens. @default as many as fit the target */
  readonly promptPiece?: number | undefined;
  /** @default conversations are remembered in their slots only */
  readonly stateCache?: StateCacheOptions | undefined;
  /** System messages that many requests share: what their prompts begin with is read before the first of them. */
  readonly systemMessages?: readonly string[] | undefined;
  /** @default the memory limit of the cgroup, or the memory of the machine */
  readonly memoryLimitBytes?: number | undefined;
}

export interface LoadHooks {
  /** Aborting stops the loading; the promise then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Share of the weights that has been read, 0 to 1. */
  readonly onLoadProgress?: (fraction: number) => void;
  /** Called once, between loading and the first token. */
  readonly onWarmUp?: () => void;
  readonly logger: EngineLogger;
}

/**
 * @throws {FatalError} `unsupportedModel`, `outOfMemory`, or `invalidSettings` for settings that this model or machine
 *   cannot take
 * @throws `hooks.signal.reason` when aborted
 */
export async function loadEngine(options: EngineOptions, hooks: LoadHooks): Promise<Engine> {
  const { signal, logger } = hooks;
  signal.throwIfAborted();
  const header = await readGgufHeader(options.modelPath);
  const threads = chooseThreads(options.threads, logger);
  checkContext(header, options);
  checkMemory(header, options, logger);
  signal.throwIfAborted();

  const complaints = new Complaints(logger);
  const llama = await getLlama({
    gpu: false,
    build: "never",
    // Without this the binding takes at least four threads, whatever it may use.
    maxThreads: threads,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => complaints.add(level, message),
    progressLogs: false,
  });
  let model: LlamaModel | undefined;
  let context: LlamaContext | undefined;
  try {
    model = await mayRefuse(complaints, options, signal, "load the model", () =>
      llama.loadModel({
        modelPath: options.modelPath,
        gpuLayers: 0,
        // With mmap the file and a repacked copy of it stay in memory; without, only the copy.
        useMmap: false,
        // Its estimates see the memory of the host; ours saw the cgroup.
        ignoreMemorySafetyChecks: true,
        loadSignal: signal,
        ...(hooks.onLoadProgress && { onLoadProgress: hooks.onLoadProgress }),
      }),
    );
    const loaded = model;
    context = await mayRefuse(complaints, options, signal, "create the context", () =>
      loaded.createContext({
        sequences: options.slots,
        contextSize: options.contextSize,
        batchSize: MOST_STEP_TOKENS,
        threads,
        flashAttention: true,
        // Sliding-window models keep all keys and values, so that their prefixes can be reused like those of others.
        swaFullCache: true,
        ignoreMemorySafetyChecks: true,
        failedCreationRemedy: false,
        createSignal: signal,
      }),
    );
    const prompt = compileTemplate(header, model, options.modelPath);
    const broken = await brokenCharacters(model);
    signal.throwIfAborted();
    const {
      slots,
      threadsFollow: followMachine = true,
      stepTargetSeconds: targetSeconds = 0.5,
      promptPiece: fixedPiece,
    } = options;
    const cores = new CoreWatch({ now: () => performance.now() / 1000 });
    const pace = new MeasuredPace({ threads, followMachine, targetSeconds, fixedPiece, cores, logger });
    const native = new NativeContext(context);
    const { modelPath, stateCache = { bytes: 0 }, systemMessages = [] } = options;
    const states = await openStateStore(stateCache, { modelPath, model: header }, native, logger);
    const engine = new LlamaEngine(
      { llama, model, context, native, prompt, pace, cores, states, brokenCharacters: broken },
      modelInfo(header, options, threads),
      { slots, fixedPiece },
    );
    hooks.onWarmUp?.();
    await engine.warmUp(signal);
    for (const system of systemMessages) await engine.remember(system, signal);
    const { promptTokensPerSecond, generatedTokensPerSecond } = engine.model;
    logger.info(
      { threads, simd: simdFeatures(llama), promptTokensPerSecond, generatedTokensPerSecond },
      "the model has answered its first token",
    );
    return engine;
  } catch (error) {
    await context?.dispose();
    await model?.dispose();
    await llama.dispose();
    throw error;
  }
}

function chooseThreads(wanted: number | undefined, logger: EngineLogger): number {
  const allotment = cpuAllotment();
  const threads = allowedThreads(wanted, allotment);
  const { affinity, quota, cores, exclusive, source } = allotment;
  logger.info({ affinity, quota, cores, exclusive, threads, source }, "cpu allotment");
  return threads;
}

function checkContext({ contextLength }: GgufHeader, { contextSize, modelPath }: EngineOptions): void {
  if (contextSize <= contextLength) return;
  throw new FatalError(
    "invalidSettings",
    `CONTEXT_SIZE (${contextSize}) must be at most ${contextLength}, the context that model ${modelPath} was trained with. ` +
      `Lower CONTEXT_SIZE, or choose a model with a longer context.`,
  );
}

function checkMemory(header: GgufHeader, options: EngineOptions, logger: EngineLogger): void {
  const { contextSize, slots, stateCache } = options;
  const stateCacheMiB = stateCache && !stateCache.onVolume ? stateCache.bytes / 2 ** 20 : 0;
  const need = Math.ceil(memoryNeed(header, { contextSize, slots, stateCacheMiB }).expectedMiB * 2 ** 20);
  const limit =
    options.memoryLimitBytes === undefined
      ? memoryLimit()
      : { bytes: options.memoryLimitBytes, source: "memoryLimitBytes" };
  logger.info({ needBytes: need, limitBytes: limit.bytes, source: limit.source }, "memory allotment");
  if (need <= limit.bytes) return;
  throw new FatalError(
    "outOfMemory",
    `memory for the model (${need} bytes: file ${header.fileBytes}, ${slots} slots of ${contextSize} tokens, ` +
      `${stateCacheMiB} MiB of kept conversations, and overhead) ` +
      `must fit the limit (${limit.bytes} bytes, ${limit.source}). ` +
      `Raise the memory limit, or lower CONTEXT_SIZE, PARALLEL_SLOTS or STATE_CACHE_MIB, or choose a smaller model.`,
  );
}

function compileTemplate(header: GgufHeader, model: LlamaModel, modelPath: string): ChatPrompt {
  const { chatTemplate } = header;
  const refuse = (problem: string, cause?: unknown): FatalError =>
    new FatalError(
      "unsupportedModel",
      `chat template of model ${modelPath} ${problem}. Without one the model does not know who says what: ` +
        `choose an instruction-tuned GGUF file with tokenizer.chat_template in it.`,
      { cause },
    );
  if (chatTemplate === undefined || chatTemplate.trim() === "") throw refuse("is missing");
  try {
    return new ChatPrompt(chatTemplate, { bos: model.tokens.bosString, eos: model.tokens.eosString });
  } catch (error) {
    throw refuse(`cannot be used: ${errorMessage(error)}`, error);
  }
}

function modelInfo(header: GgufHeader, { modelId, contextSize }: EngineOptions, threads: number): LlamaEngine["model"] {
  return {
    id: modelId,
    contextSize,
    trainedContextSize: header.contextLength,
    fileBytes: header.fileBytes,
    architecture: header.architecture,
    threads,
    promptTokensPerSecond: null,
    generatedTokensPerSecond: null,
  };
}

/** Names of the instruction sets that this build uses on this processor. */
function simdFeatures(llama: Llama): string[] {
  return [...llama.systemInfo.matchAll(/(\w+) = 1\b/g)].map(([, name]) => name ?? "");
}
