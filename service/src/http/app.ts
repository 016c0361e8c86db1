import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { STATUS_CODES } from "node:http";
import { type Socket } from "node:net";
import { type Admission } from "../admission/admission.js";
import { GenerationService } from "./generation-service.js";
import { ApiError, toApiError } from "./api-error.js";
import { type ApiKeys } from "./api-keys.js";
import { refuseBodyEncodings, UNKNOWN_ENCODING, unknownTransferEncoding } from "./body-encoding.js";
import { PATHS } from "../contract.js";
import { type Lifecycle } from "../lifecycle/lifecycle.js";
import { describeUnexpected, type Logger } from "../logging.js";
import { isLoopback } from "../loopback.js";
import { registerEngine } from "../engine-metrics.js";
import { registerLifecycle, type Metrics } from "../metrics.js";
import { describeApi } from "./openapi.js";
import { insideOf } from "./inside.js";
import { logRequests, requestId } from "./request-log.js";
import { chatCompletions } from "./routes/chat-completions.js";
import { exposition } from "./routes/exposition.js";
import { models } from "./routes/models.js";
import { page } from "./routes/page.js";
import { probes } from "./routes/probes.js";
import { triage } from "./routes/triage.js";
import { requireKey, requireLoopbackHost, securityHeaders } from "./security.js";
import { type Settings } from "../settings.js";

/** The settings that the HTTP side looks at. */
export type AppSettings = Pick<
  Settings,
  | "modelAliases"
  | "maxTokens"
  | "triage"
  | "heartbeatSeconds"
  | "engineStallSeconds"
  | "keepAliveSeconds"
  | "host"
  | "allowAnonymous"
  | "metricsCidrs"
>;

export interface BuildAppOptions {
  readonly settings: AppSettings;
  readonly lifecycle: Lifecycle;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Undefined: no key is needed. `settings.ts` has checked that this is intended. */
  readonly apiKeys: ApiKeys | undefined;
}

/** Longest body: more text than any context here holds. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** How long a client may take to send its request. */
const TIMEOUTS = { headersMs: 15_000, requestMs: 30_000, checkMs: 5_000 };

/** The HTTP side of the service, complete but for a port: `server.ts` listens, tests inject. */
export async function buildApp(options: BuildAppOptions): Promise<FastifyInstance> {
  const { settings, lifecycle, admission, metrics, apiKeys } = options;
  const loggerInstance: FastifyBaseLogger = options.logger;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestId,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: TIMEOUTS.requestMs,
    keepAliveTimeout: settings.keepAliveSeconds * 1000,
    forceCloseConnections: "idle",
    // Admission refuses work while draining; probes and running answers go on until the server is closed.
    return503OnClosing: false,
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => onError(error, request, reply as FastifyReply),
    http: {
      headersTimeout: TIMEOUTS.headersMs,
      connectionsCheckingInterval: TIMEOUTS.checkMs,
      // TCP probes on a silent connection: they reset the idle timer of NAT and network load balancers while a long
      // answer is computed, and they find clients that vanished without closing.
      keepAlive: true,
      keepAliveInitialDelay: settings.heartbeatSeconds * 1000,
    },
  });
  // A client that has only ended its side gets its answer; `clientSignal` tells it from one that is gone.
  Object.assign(app.server, { httpAllowHalfOpen: true });
  // A browser sends text/plain across origins without asking first; JSON it does not.
  app.removeContentTypeParser("text/plain");
  const generations = new GenerationService({ lifecycle, admission, metrics });
  registerLifecycle(metrics, lifecycle);
  registerEngine(metrics, lifecycle);

  logRequests(app, metrics);
  securityHeaders(app);
  app.setErrorHandler(onError);
  app.setNotFoundHandler((request, reply) =>
    onError(new ApiError(404, NOT_FOUND, { code: "not_found" }), request, reply),
  );

  await describeApi(app, apiKeys !== undefined);
  probes(app, { lifecycle, admission, stallSeconds: settings.engineStallSeconds });
  exposition(app, metrics, insideOf(settings.metricsCidrs));
  await page(app);
  await app.register((api, _options, done) => {
    if (apiKeys !== undefined) requireKey(api, apiKeys);
    else if (isLoopback(settings.host) && !settings.allowAnonymous) requireLoopbackHost(api);
    refuseBodyEncodings(api);
    const { modelAliases, maxTokens, heartbeatSeconds } = settings;
    chatCompletions(api, { generations, modelAliases, maxTokens, heartbeatSeconds });
    models(api, { generations, aliases: modelAliases });
    triage(api, { generations, maxTokens, offered: settings.triage });
    done();
  });
  await app.ready();
  return app;
}

const NOT_FOUND =
  `This address does not exist. Use POST ${PATHS.chatCompletions} or ${PATHS.triage}, ` +
  `or GET ${PATHS.models}, ${PATHS.health}, ${PATHS.ready}, ${PATHS.metrics}, ${PATHS.page}, ${PATHS.openapi} or ${PATHS.apiDocs}.`;

function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toApiError(error);
  // Absent where the router itself refused the address.
  const facts = request.facts as FastifyRequest["facts"] | undefined;
  if (facts !== undefined) facts.error_code = answer.code;
  if (answer.status === 500) request.log.error(describeUnexpected(answer.cause), "request failed unexpectedly");
  // What was not read of the body would be taken for the next request.
  if (answer.status === 413 || answer.code === UNKNOWN_ENCODING) void reply.header("connection", "close");
  void reply.code(answer.status).headers(answer.headers).send(answer.body);
}

/** What is not HTTP, or too slow in coming. Nothing is logged: the error carries the raw bytes, keys included. */
function onClientError(error: FastifyError | Error, socket: Socket): void {
  if (!socket.writable) return (socket.destroy(), undefined);
  const code = "code" in error ? error.code : "";
  const answer = CLIENT_ERRORS[code] ?? new ApiError(400, "The request is not valid HTTP.", { code: "malformed_http" });
  const body = JSON.stringify(answer.body);
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const CLIENT_ERRORS: Record<string, ApiError> = {
  ERR_HTTP_REQUEST_TIMEOUT: new ApiError(408, "The request took too long to arrive.", { code: "malformed_http" }),
  HPE_HEADER_OVERFLOW: new ApiError(431, "The headers are too long.", { code: "malformed_http" }),
  HPE_INVALID_TRANSFER_ENCODING: unknownTransferEncoding(),
};
