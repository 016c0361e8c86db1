import { type FastifyInstance } from "fastify";
import { Admission } from "./admission/admission.js";
import { ApiKeys } from "./http/api-keys.js";
import { buildApp } from "./http/app.js";
import { DEFAULTS, ENV, EXIT_CODES, PAGE_INSTRUCTIONS } from "./contract.js";
import { allowedThreads, cpuAllotment, readThrottling } from "./engine/cpu-allotment.js";
import { type EngineOptions, type loadEngine as LoadEngine } from "./engine/load-engine.js";
import { errorCode, errorMessage } from "./error-facts.js";
import { FatalError } from "./fatal-error.js";
import { TRIAGE_INSTRUCTIONS } from "./http/routes/triage.js";
import { ModelLifecycle } from "./lifecycle/model-lifecycle.js";
import { shutDown } from "./lifecycle/shutdown.js";
import { createLogger, describeUnexpected, type Logger } from "./logging.js";
import { createMetrics, observeAdmission } from "./metrics.js";
import { acquireLocalModel, ModelStore } from "./model-store/model-store.js";
import { readSettings, readTerminationLog, type Settings } from "./settings.js";
import { writeTerminationLog } from "./termination-log.js";

/** How the engine is loaded; tests of the process put a fake here. */
export type EngineLoader = typeof LoadEngine;

type SignalHandler = (name: NodeJS.Signals) => void;

/**
 * Runs the service until a signal or a fatal failure ends the process: settings, listen, and only then the model, in the
 * background. Every way out of the process is here.
 */
export async function startServer(
  env: Readonly<Record<string, string | undefined>>,
  loadEngine: EngineLoader = loadLlama,
): Promise<void> {
  let logger = createLogger({ level: "info" });
  const die = (error: unknown): never => {
    const { exitCode, message } = error instanceof FatalError ? error : unexpected(error);
    logger.fatal({ exit_code: exitCode, ...(error instanceof FatalError ? {} : describeUnexpected(error)) }, message);
    writeTerminationLog(readTerminationLog(env), message);
    process.exit(exitCode);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
  // Until there is something to drain, a signal ends the process at once.
  let onSignal: SignalHandler = () => process.exit(EXIT_CODES.ok);
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => onSignal(name));

  try {
    const settings = readSettings(env);
    logger = createLogger({ level: settings.logLevel });
    await run(settings, logger, loadEngine, die, (handler) => (onSignal = handler));
  } catch (error) {
    die(error);
  }
}

async function run(
  settings: Settings,
  logger: Logger,
  loadEngine: EngineLoader,
  die: (error: unknown) => never,
  handleSignals: (handler: SignalHandler) => void,
): Promise<void> {
  if (settings.threadPoolSize !== DEFAULTS.threadPoolSize) {
    logger.warn(
      `${ENV.threadPoolSize} is ${settings.threadPoolSize ?? "not set"}: the steps of llama.cpp wander between threads, and tokens take longer. Start the process with ${ENV.threadPoolSize}=${DEFAULTS.threadPoolSize}.`,
    );
  }
  // Before gigabytes are fetched for a start that must fail; the engine asks again with the same rule.
  allowedThreads(settings.threads, cpuAllotment());
  const metrics = createMetrics({ readThrottling });
  const lifecycle = new ModelLifecycle({
    acquireModel: modelSource(settings, logger),
    loadEngine: (modelPath, hooks) => {
      return loadEngine({ ...engineOptions(settings), modelPath }, { ...hooks, logger });
    },
    logger,
    onReceived: (bytes) => metrics.downloadedBytes.inc(bytes),
  });
  const admission = new Admission({
    maxQueue: settings.maxQueue,
    requestTimeoutSeconds: settings.requestTimeoutSeconds,
    observer: observeAdmission(metrics),
  });
  const apiKeys = settings.apiKeysFile === undefined ? undefined : ApiKeys.open({ file: settings.apiKeysFile, logger });
  const app = await buildApp({ settings, lifecycle, admission, metrics, logger, apiKeys });

  let stopping = false;
  let hasten: () => void = () => undefined;
  const hastened = new Promise<void>((resolve) => (hasten = resolve));
  await listen(app, settings, logger);
  handleSignals((name) => {
    logger.info({ signal: name }, stopping ? "asked again: ending running answers now" : "shutting down");
    if (stopping) {
      hasten();
      return;
    }
    stopping = true;
    shutDown({ lifecycle, admission, app, logger, drainSeconds: settings.drainSeconds, hastened }).then(
      () => process.exit(EXIT_CODES.ok),
      die,
    );
  });
  lifecycle.start().then(() => {
    const { model } = lifecycle.engine ?? {};
    if (model) logger.info({ model, seconds: Math.round(performance.now()) / 1_000 }, "the model answers");
  }, die);
}

async function listen(app: FastifyInstance, { host, port }: Settings, logger: Logger): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = errorCode(error) ?? errorMessage(error);
    throw new FatalError(
      "cannotListen",
      `${ENV.port} (${port}) on ${ENV.host} (${host}) cannot be opened (${code}): the address must be free and one of ` +
        `this machine's. Stop what uses it, or choose another.`,
      { cause: error },
    );
  }
  logger.info({ addresses: app.addresses(), seconds: Math.round(performance.now()) / 1_000 }, "listening");
}

function engineOptions(settings: Settings): Omit<EngineOptions, "modelPath"> {
  const { modelId, contextSize, parallelSlots: slots, threads, threadsFollow, stepTargetMs, promptPiece } = settings;
  const { stateCacheMiB, stateCacheOnVolume, stateCacheFolder } = settings;
  return {
    modelId,
    contextSize,
    slots,
    threads,
    threadsFollow,
    stepTargetSeconds: stepTargetMs / 1000,
    promptPiece,
    stateCache: { bytes: stateCacheMiB * 2 ** 20, folder: stateCacheFolder, onVolume: stateCacheOnVolume },
    systemMessages: [TRIAGE_INSTRUCTIONS, PAGE_INSTRUCTIONS],
  };
}

function modelSource(
  settings: Settings,
  logger: Logger,
): ConstructorParameters<typeof ModelLifecycle>[0]["acquireModel"] {
  const { model, proxies } = settings;
  if (model.kind === "local") return () => acquireLocalModel(model);
  const store = new ModelStore({ model, proxies, logger });
  return (hooks) => store.acquire(hooks);
}

/** llama.cpp is imported only now: importing it takes longer than everything that `/health` needs. */
const loadLlama: EngineLoader = async (options, hooks) => {
  const { loadEngine } = await import("./engine/load-engine.js");
  return await loadEngine(options, hooks);
};

/** Without the message of the error: it can quote what it choked on, and that may be a patient's question. */
function unexpected(error: unknown): { readonly exitCode: number; readonly message: string } {
  const what = [error instanceof Error ? error.name : typeof error, errorCode(error)].filter(Boolean).join(" ");
  return {
    exitCode: EXIT_CODES.internal,
    message: `A bug ended the service (${what}): nothing in it should throw this. Report it with the stack in the log.`,
  };
}
