import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { type Admission } from "./admission/admission.js";
import { type ApiKeys } from "./api-keys.js";
import { type Lifecycle } from "./lifecycle/lifecycle.js";
import { type Logger } from "./logging.js";
import { registerLifecycle, type Metrics } from "./metrics.js";
import { type Settings } from "./settings.js";

/** The settings that the HTTP side looks at. */
export type AppSettings = Pick<
  Settings,
  "modelId" | "maxTokens" | "heartbeatSeconds" | "engineStallSeconds" | "host" | "allowAnonymous"
>;

export interface BuildAppOptions {
  readonly settings: AppSettings;
  readonly lifecycle: Lifecycle;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Undefined: nobody needs a key. `settings.ts` has checked that this is meant. */
  readonly apiKeys: ApiKeys | undefined;
}

/** The HTTP side of the service, complete but for a port: `server.ts` listens, tests inject. */
export async function buildApp(options: BuildAppOptions): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = options.logger;
  const app = Fastify({ loggerInstance, disableRequestLogging: true });
  registerLifecycle(options.metrics, options.lifecycle);
  await app.ready();
  return app;
}
