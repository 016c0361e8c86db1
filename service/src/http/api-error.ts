import { type z } from "zod";
import { RefusedError, type RefusalReason } from "../admission/errors.js";
import { PromptTooLongError, UnsupportedRequestError } from "../engine/engine.js";
import { type Urgency } from "../triage/urgency.js";
import { type errorSchema } from "./routes/answer-schemas.js";

/** The body of every error answer: the shape of the OpenAI API, which its clients turn into typed exceptions. */
type ErrorBody = z.infer<typeof errorSchema>;

export interface ApiErrorOptions {
  readonly code: string;
  readonly param?: string;
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** True where the same request would fail again: official clients then do not repeat it. */
  readonly final?: boolean;
  readonly redFlags?: { readonly floor: Urgency; readonly red_flags: readonly string[] };
  readonly cause?: unknown;
}

/** An error with the status and the words that the client gets. */
export class ApiError extends Error {
  readonly code: string;

  constructor(
    readonly status: number,
    message: string,
    readonly options: ApiErrorOptions,
  ) {
    super(message, { cause: options.cause });
    this.name = "ApiError";
    this.code = options.code;
  }

  get body(): ErrorBody {
    const { code, param = null, redFlags } = this.options;
    return { error: { message: this.message, type: typeOf(this.status), param, code, ...redFlags } };
  }

  get headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.options.retryAfterSeconds !== undefined) headers["retry-after"] = String(this.options.retryAfterSeconds);
    if (this.status === 401) headers["www-authenticate"] = "Bearer";
    if (this.options.final) headers["x-should-retry"] = "false";
    return headers;
  }
}

/** The request asks for what this service does not do. */
export function unsupported(param: string, message: string): ApiError {
  return new ApiError(400, message, { code: "unsupported_request", param });
}

/** The request is malformed. */
export function invalid(param: string, message: string): ApiError {
  return new ApiError(400, message, { code: "invalid_request", param });
}

/** What the client is told of any error. An unexpected one becomes a 500 without details. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RefusedError) return fromRefusal(error);
  if (error instanceof PromptTooLongError) {
    return new ApiError(400, error.message, { code: error.code, param: "messages" });
  }
  if (error instanceof UnsupportedRequestError) {
    return new ApiError(400, error.message, { code: error.code, param: error.param });
  }
  return (
    fromFramework(error) ??
    new ApiError(500, "The service failed to answer. The log holds the cause under this request id.", {
      code: "internal_error",
      cause: error,
    })
  );
}

const REFUSAL_STATUS: Record<RefusalReason, number> = {
  queue_full: 429,
  draining: 503,
  deadline: 503,
  slow_reader: 503,
  // No one reads this answer; the number is for the log (nginx' "client closed request").
  client_gone: 499,
};

function fromRefusal({ reason, message, retryAfterSeconds }: RefusedError): ApiError {
  return new ApiError(REFUSAL_STATUS[reason], message, {
    code: reason === "deadline" ? "deadline_exceeded" : reason,
    retryAfterSeconds,
    final: reason === "deadline" || reason === "slow_reader",
  });
}

/** Fastify's own refusals of a body: too long, not JSON, of another type. */
function fromFramework(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = error.statusCode;
  if (typeof status !== "number" || status < 400 || status > 499) return undefined;
  const reason = "code" in error && error.code === "FST_ERR_BAD_URL" ? "url" : status;
  const [message, code] = FRAMEWORK_MESSAGES[reason] ?? ["The request is malformed.", "invalid_request"];
  return new ApiError(status, message, { code, cause: error });
}

const FRAMEWORK_MESSAGES: Record<number | "url", [message: string, code: string] | undefined> = {
  url: ["The address is not valid: each % must be followed by two hexadecimal digits.", "invalid_url"],
  400: ['The body is not valid JSON, or has a key "__proto__", which is not read.', "invalid_json"],
  413: ["The body is longer than 1 MiB. Shorten the messages.", "body_too_large"],
  415: ['The body must be JSON, sent with "content-type: application/json".', "unsupported_media_type"],
};

function typeOf(status: number): ErrorBody["error"]["type"] {
  if (status === 401 || status === 403) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
