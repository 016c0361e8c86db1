import { type FastifyInstance, type FastifyRequest } from "fastify";
import { type ApiKeys } from "./api-keys.js";
import { ApiError } from "./api-error.js";
import { isLoopback } from "../loopback.js";

/** On every answer. There is no CORS header at all: a page of another origin cannot read what this service says. */
const HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "cache-control": "no-store",
} as const;

/** What a page of this service may load: its own files, and answers of its own origin; nothing inline, no frame. */
export const PAGE_POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
} as const;

export function securityHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({ ...HEADERS, "x-request-id": request.id });
    done();
  });
}

/** Lets in who sends one of the keys as `Authorization: Bearer ...`. Runs before the body is read. */
export function requireKey(app: FastifyInstance, keys: ApiKeys): void {
  const refusals = {
    accepted: undefined,
    missing: new ApiError(401, 'This service needs an API key. Send it as "Authorization: Bearer KEY".', {
      code: "missing_api_key",
    }),
    rejected: new ApiError(401, "The API key is not valid.", { code: "invalid_api_key" }),
  };
  app.addHook("onRequest", (request, _reply, done) => done(refusals[keys.check(request.headers.authorization)]));
}

/**
 * For a service without keys on the loopback address: only requests that name it as a loopback host. Otherwise a web
 * page could point its own host name at 127.0.0.1 (DNS rebinding) and use the visitor's browser to ask.
 */
export function requireLoopbackHost(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    if (isLoopbackHost(request)) done();
    else done(new ApiError(403, "Ask for this service as localhost or 127.0.0.1.", { code: "host_not_allowed" }));
  });
}

function isLoopbackHost(request: FastifyRequest): boolean {
  return isLoopback((request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase());
}
