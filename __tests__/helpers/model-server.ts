import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * A model hub on this machine whose every fault the test controls. Ranges, `If-Range`, ETags and lengths work as in a real
 * one unless a fault says otherwise, and everything that was asked and sent is recorded.
 */
export interface ModelServer {
  /** Of the model file. */
  readonly url: string;
  readonly origin: string;
  readonly requests: readonly ModelRequest[];
  /** Bytes of the model that were sent, in all requests together. */
  readonly bytesServed: number;
  /** What is served; may be replaced at any time. */
  content: Buffer;
  /** Quoted, as in the header; null sends none. */
  etag: string | null;
  /** Decides for each request what goes wrong with it. */
  fault: (request: ModelRequest) => Fault | undefined;
  close(): Promise<void>;
}

export interface ModelRequest {
  /** From 0, redirects and refusals included. */
  readonly index: number;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** First and last byte that were asked for, if a range was. */
  readonly range: { readonly first: number; readonly last: number } | undefined;
}

export interface Fault {
  /** Answers with this status and no model. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly redirectTo?: string;
  /** Answers 200 with the whole file, whatever was asked. */
  readonly ignoreRange?: boolean;
  /** Sends no length: chunked, so that only the end says how much it was. */
  readonly withoutLength?: boolean;
  /** Destroys the connection once this many bytes of the body were sent. */
  readonly cutAfterBytes?: number;
  /** Ends the (chunked) body early but properly. */
  readonly endAfterBytes?: number;
  /** Sends this many bytes and then nothing more, with the connection open. */
  readonly stallAfterBytes?: number;
  /** Holds the answer back, headers included, until the promise resolves. */
  readonly until?: Promise<unknown>;
  /** Of this connection alone. */
  readonly bytesPerSecond?: number;
}

export interface ModelFileFacts {
  readonly bytes: number;
  readonly sha256: string;
}

export function factsOf(content: Buffer): ModelFileFacts {
  return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}

/** Bytes that look random and are the same for the same seed. */
export function randomContent(bytes: number, seed = 1): Buffer {
  const content = Buffer.alloc(bytes);
  let state = seed >>> 0 || 1;
  for (let position = 0; position < bytes; position++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    content[position] = state & 0xff;
  }
  return content;
}

const PIECE_BYTES = 16 * 1024;

/** @param host the address that it listens on: 127.0.0.1, unless pods of a cluster are to reach it */
export async function startModelServer(
  content: Buffer,
  path = "/models/test-model.gguf",
  host = "127.0.0.1",
): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const state = {
    content,
    etag: '"v1"' as string | null,
    fault: ((): undefined => undefined) as ModelServer["fault"],
    bytesServed: 0,
  };

  const send = async (response: ServerResponse, body: Buffer, fault: Fault): Promise<void> => {
    const cut = fault.cutAfterBytes ?? Number.POSITIVE_INFINITY;
    const last = Math.min(body.length, cut, fault.endAfterBytes ?? body.length, fault.stallAfterBytes ?? body.length);
    for (let position = 0; position < last && !response.destroyed; position += PIECE_BYTES) {
      const piece = body.subarray(position, Math.min(position + PIECE_BYTES, last));
      state.bytesServed += piece.length;
      if (!response.write(piece)) await drained(response);
      if (fault.bytesPerSecond !== undefined) await pause((piece.length / fault.bytesPerSecond) * 1_000);
    }
    if (fault.stallAfterBytes !== undefined) return;
    if (cut <= body.length) response.destroy();
    else response.end();
  };

  const answer = async (request: ModelRequest, response: ServerResponse): Promise<void> => {
    const fault = state.fault(request) ?? {};
    await fault.until;
    if (fault.redirectTo !== undefined) {
      response.writeHead(fault.status ?? 302, { location: fault.redirectTo }).end();
      return;
    }
    if (fault.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end("no model");
      return;
    }
    const total = state.content.length;
    const ifRange = request.headers["if-range"];
    const current = ifRange === undefined || ifRange === state.etag;
    const range = fault.ignoreRange !== true && current ? request.range : undefined;
    const partial = range !== undefined;
    const first = range?.first ?? 0;
    const end = Math.min((range?.last ?? total - 1) + 1, total);
    if (first >= total) {
      response.writeHead(416, { "content-range": `bytes */${total}` }).end();
      return;
    }
    response.writeHead(partial ? 206 : 200, {
      ...(state.etag !== null && { etag: state.etag }),
      ...(partial && { "content-range": `bytes ${first}-${end - 1}/${total}` }),
      ...(fault.withoutLength !== true && { "content-length": end - first }),
      ...fault.headers,
    });
    response.flushHeaders();
    await send(response, state.content.subarray(first, end), fault);
  };

  const server = createServer((incoming, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? "") ?? [];
    const request: ModelRequest = {
      index: requests.length,
      path: incoming.url ?? "",
      headers: incoming.headers,
      range: first === undefined ? undefined : { first: Number(first), last: Number(last) },
    };
    requests.push(request);
    response.on("error", () => undefined);
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, host);
  await once(server, "listening");
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;

  return Object.assign(state, {
    url: `${origin}${path}`,
    origin,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

async function drained(response: ServerResponse): Promise<void> {
  const waiting = new AbortController();
  const either = ["drain", "close"].map((event) => once(response, event, { signal: waiting.signal }));
  await Promise.race(either).finally(() => waiting.abort());
}
