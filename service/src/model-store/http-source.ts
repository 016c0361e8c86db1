import { readFile } from "node:fs/promises";
import { type Readable } from "node:stream";
import { Agent, EnvHttpProxyAgent, request, type Dispatcher } from "undici";
import { errorCode } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { type ProxySettings } from "../settings.js";
import { type ByteRange } from "./byte-ranges.js";
import { networkFailure, RetriableError } from "./store-errors.js";

export interface HttpSourceOptions {
  readonly url: string;
  readonly tokenFile: string | undefined;
  readonly proxies: ProxySettings;
  readonly timeouts?: SourceTimeouts;
}

/** Milliseconds without any sign of life before a connection is given up. */
export interface SourceTimeouts {
  readonly connect: number;
  readonly headers: number;
  /** Between two pieces of the body. */
  readonly body: number;
}

/** A source that is silent for this long is more likely gone than slow; a retry resumes where it stopped. */
const DEFAULT_TIMEOUTS: SourceTimeouts = { connect: 15_000, headers: 30_000, body: 30_000 };

export interface SourceResponse {
  /** The bytes of the file that the body holds: what was asked for, or the whole file when the source ignores ranges. */
  readonly range: ByteRange;
  /** False when the source answered with the whole file although a part was asked for. */
  readonly partial: boolean;
  /** Size of the whole file as the source tells it. */
  readonly totalBytes: number | undefined;
  /** ETag, or the date of the last change where there is none. */
  readonly validator: string | null;
  readonly body: Readable;
}

const MAX_REDIRECTS = 5;
/** Hub and mirror have a token each; the source knows only the one that it uses. */
const TOKEN_SETTING = "MODEL_TOKEN_FILE (MODEL_MIRROR_TOKEN_FILE for a mirror)";
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** No, but ask again: timeout, too early, too many requests. Every 5xx as well. */
const RETRIABLE_STATUS = new Set([408, 425, 429]);
/** Longer than any source asks for, short enough that a mistake there does not park the service for a day. */
const MAX_RETRY_AFTER_SECONDS = 900;

/**
 * The source of a model: one URL, asked for ranges of bytes. This class follows redirects itself, because the token must
 * not follow them. Every failure is classified: retriable, or fatal when the source refuses in a way that asking again
 * cannot change.
 */
export class HttpSource {
  readonly #dispatcher: Dispatcher;
  readonly #timeouts: SourceTimeouts;
  readonly #options: HttpSourceOptions;

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
    const { httpProxy, httpsProxy, noProxy } = options.proxies;
    const agent: Agent.Options = { connect: { timeout: this.#timeouts.connect } };
    this.#dispatcher =
      httpProxy === undefined && httpsProxy === undefined
        ? new Agent(agent)
        : // "" and not undefined: otherwise the agent would read the environment itself. A plain proxy often allows
          // CONNECT to port 443 only, so http targets are asked for in the classic form.
          new EnvHttpProxyAgent({
            ...agent,
            httpProxy: httpProxy ?? "",
            httpsProxy: httpsProxy ?? "",
            noProxy: noProxy ?? "",
            proxyTunnel: false,
          });
  }

  /**
   * Asks for a range. With a validator, a source whose file has changed answers with the whole new file instead
   * (`If-Range`).
   *
   * @throws {RetriableError | FatalError}
   */
  async open(range: ByteRange, validator: string | null, signal: AbortSignal): Promise<SourceResponse> {
    const first = new URL(this.#options.url);
    const token = await this.#readToken();
    let url = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const headers: Record<string, string> = {
        "accept-encoding": "identity",
        "user-agent": "carepath-chat-service",
        range: `bytes=${range.start}-${range.end - 1}`,
      };
      // A weak ETag cannot vouch for bytes (RFC 9110, 13.1.5); it is compared with the answer's instead.
      if (validator !== null && !validator.startsWith("W/")) headers["if-range"] = validator;
      if (token !== undefined && url.origin === first.origin) headers["authorization"] = `Bearer ${token}`;
      const response = await this.#send(url, headers, signal);
      const location = response.headers["location"];
      if (!REDIRECTS.has(response.statusCode) || typeof location !== "string") {
        return this.#accept(response, url, first, range);
      }
      await discard(response.body);
      url = nextHop(url, location);
    }
    throw new RetriableError(`${visible(first)} redirects more than ${MAX_REDIRECTS} times.`);
  }

  /** Which version of the file the source has now, without reading it. @throws as `open` does */
  async validator(signal: AbortSignal): Promise<string | null> {
    const { body, validator } = await this.open({ start: 0, end: 1 }, null, signal);
    body.destroy();
    return validator;
  }

  /** Ends connections at once, also those that still receive. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #send(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, {
        dispatcher: this.#dispatcher,
        headers,
        signal,
        headersTimeout: this.#timeouts.headers,
        bodyTimeout: this.#timeouts.body,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure(error, visible(url));
    }
  }

  async #accept(response: Dispatcher.ResponseData, url: URL, first: URL, range: ByteRange): Promise<SourceResponse> {
    const { statusCode: status, headers, body } = response;
    // Giving up a body early is an error event to undici, and an event without a listener would end the process.
    body.on("error", () => undefined);
    // The page of a proxy or of a network that wants a login; it says nothing of the file.
    if (status < 300 && /^text\/html\b/i.test(header(headers, "content-type") ?? "")) {
      await discard(body);
      throw new RetriableError(`${visible(url)} answered with a web page (text/html) and not with a file.`);
    }
    const validator = header(headers, "etag") ?? header(headers, "last-modified") ?? null;
    if (status === 206) {
      const content = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header(headers, "content-range") ?? "");
      if (content?.[1] === undefined || Number(content[1]) !== range.start) {
        await discard(body);
        throw new RetriableError(`${visible(url)} answered a request for bytes from ${range.start} with other bytes.`);
      }
      const totalBytes = content[3] === "*" ? undefined : Number(content[3]);
      const end = Math.min(range.end, Number(content[2]) + 1);
      return { range: { start: range.start, end }, partial: true, totalBytes, validator, body };
    }
    if (status === 200) {
      const length = header(headers, "content-length");
      const totalBytes = length === undefined ? undefined : Number(length);
      return {
        range: { start: 0, end: totalBytes ?? Number.MAX_SAFE_INTEGER },
        partial: false,
        totalBytes,
        validator,
        body,
      };
    }
    await discard(body);
    throw refusal(status, headers, url, first);
  }

  async #readToken(): Promise<string | undefined> {
    const path = this.#options.tokenFile;
    if (path === undefined) return undefined;
    const token = await readFile(path, "utf8").catch((error: unknown) => {
      throw new FatalError(
        "invalidSettings",
        `${TOKEN_SETTING} names ${path}, which cannot be read (${errorCode(error) ?? "unknown"}): it must hold the token of the ` +
          `model's source. Mount the Secret there, or leave the setting out for a public model.`,
        { cause: error },
      );
    });
    if (!/^[\x21-\x7e]+$/.test(token.trim())) {
      throw new FatalError(
        "invalidSettings",
        `${TOKEN_SETTING} names ${path}, which does not hold a token: one line of printable characters without spaces is needed. ` +
          `Correct the Secret.`,
      );
    }
    return token.trim();
  }
}

/** Scheme, host and path: never user names or the query, where signed URLs carry their secret. */
export function visible(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function nextHop(from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new RetriableError(`${visible(from)} redirects to something that is not an http URL.`);
  }
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw new RetriableError(`${visible(from)} redirects from https to http (${visible(url)}), which is not followed.`);
  }
  return url;
}

function refusal(status: number, headers: Headers, url: URL, first: URL): Error {
  const what = `${visible(url)} answered ${status}`;
  // A target of a redirect refuses when its signed link has expired; the first host then gives a new one.
  const mayPass = status < 400 || status >= 500 || RETRIABLE_STATUS.has(status) || url.origin !== first.origin;
  if (status === 416) {
    return new RetriableError(
      `${what}: it has fewer bytes than MODEL_BYTES says. If this stays so, correct MODEL_BYTES.`,
    );
  }
  if (mayPass) {
    const retryAfterSeconds = retryAfter(header(headers, "retry-after"));
    const asked = retryAfterSeconds === undefined ? "" : ` and asks for ${Math.ceil(retryAfterSeconds)} s of patience`;
    return new RetriableError(`${what}${asked}.`, { retryAfterSeconds });
  }
  return new FatalError(
    "modelUnavailable",
    `${what}: the source refuses the model, and asking again will not change that. Check MODEL_URL and MODEL_BASE_URL` +
      (status === 401 || status === 403 ? `, and whether the token in ${TOKEN_SETTING} may read this model.` : `.`),
  );
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS) : undefined;
}

type Headers = Dispatcher.ResponseData["headers"];

function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** An unread body would keep its connection; `dump` reads a little of it or closes. */
async function discard(body: Dispatcher.ResponseData["body"]): Promise<void> {
  await body.dump({ limit: 64 * 1024 }).catch(() => undefined);
}
