import { type FastifyInstance, type FastifyRequest } from "fastify";
import { randomUUID } from "node:crypto";
import { type IncomingMessage } from "node:http";
import { finished } from "node:stream";
import { PATHS } from "../contract.js";
import { type Metrics } from "../metrics.js";

/** What the line of one request says besides route and status. Numbers and fixed words only, nothing a client wrote. */
export interface RequestFacts {
  stream?: boolean;
  queue_ms?: number;
  first_token_ms?: number;
  prefill_ms?: number;
  decode_ms?: number;
  prompt_tokens?: number;
  cached_tokens?: number;
  completion_tokens?: number;
  finish_reason?: string;
  /** Stable code of the error that the client got. */
  error_code?: string;
  /** Set where the status of the answer was sent before the request failed. */
  outcome_status?: number;
}

declare module "fastify" {
  interface FastifyRequest {
    facts: RequestFacts;
  }
}

/**
 * One line a request, written when its answer is complete or its client is gone, and the two request metrics. A probe
 * comes every few seconds: it gets a line only when its result differs from the one before.
 */
export function logRequests(app: FastifyInstance, metrics: Metrics): void {
  const lastProbeStatus = new Map<string, number>();
  app.decorateRequest("facts");
  app.addHook("onRequest", (request, reply, done) => {
    request.facts = {};
    const start = performance.now();
    finished(reply.raw, (broken) => {
      const milliseconds = performance.now() - start;
      const route = routeOf(request);
      const { outcome_status, ...facts } = request.facts;
      const left = broken != null;
      const status = outcome_status ?? (left ? CLIENT_GONE : reply.raw.statusCode);
      if (left) facts.error_code ??= "client_gone";
      metrics.httpRequests.inc({ method: request.method, route, status });
      metrics.httpDuration.observe({ route }, milliseconds / 1000);
      if (PROBES.has(route)) {
        if (lastProbeStatus.get(route) === status) return;
        lastProbeStatus.set(route, status);
      }
      const line = { method: request.method, route, status, duration_ms: round(milliseconds), ...facts };
      if (status >= 500 && !PROBES.has(route)) request.log.warn(line, "request failed");
      else request.log.info(line, "request");
    });
    done();
  });
}

/** The caller's id where it is one that may stand in a log line, so that a trace can be followed through proxies. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
}

export function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/** The connection was closed before the answer was complete; the number is nginx' for the same. */
const CLIENT_GONE = 499;

const PROBES: ReadonlySet<string> = new Set([PATHS.health, PATHS.ready, PATHS.metrics]);

/** The pattern, not the address: an address can hold anything. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? "unmatched";
}
