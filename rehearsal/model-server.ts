import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { type LocalModel } from "./local-model";

/** Small, so that a slow download trickles instead of standing still between two pieces. */
const CHUNK_BYTES = 16 * 1024;

/** Serves one model file on 127.0.0.1 as a model hub does: byte ranges, an ETag, `If-Range`; throttled on request. */
export class ModelServer {
  /** Bytes of all bodies together. */
  servedBytes = 0;
  readonly #model: LocalModel;
  readonly #server: Server;
  readonly #bytesPerMs: number;
  #freeAt = 0;

  /** @param mibPerSecond of all connections together; undefined is unlimited */
  constructor(model: LocalModel, mibPerSecond = Infinity) {
    this.#model = model;
    this.#bytesPerMs = (mibPerSecond * 1024 * 1024) / 1000;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** Listens on a free port; resolves to the URL of the file. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/model.gguf`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { path, bytes, sha256 } = this.#model;
    const etag = `"${sha256}"`;
    const ifRange = request.headers["if-range"];
    const sameFile = ifRange === undefined || ifRange === etag;
    const range = sameFile ? parseRange(request.headers.range, bytes) : undefined;
    if (range === "unsatisfiable") {
      response.writeHead(416, { "Content-Range": `bytes */${bytes}` }).end();
      return;
    }
    const { from, to } = range ?? { from: 0, to: bytes - 1 };
    response.writeHead(range === undefined ? 200 : 206, {
      "Content-Type": "application/octet-stream",
      "Content-Length": String(to - from + 1),
      "Accept-Ranges": "bytes",
      ETag: etag,
      ...(range === undefined ? {} : { "Content-Range": `bytes ${from}-${to}/${bytes}` }),
    });
    const body = createReadStream(path, { start: from, end: to, highWaterMark: CHUNK_BYTES });
    // A client that leaves in the middle is part of what is rehearsed.
    pipeline(body, (chunks: AsyncIterable<Buffer>) => this.#throttle(chunks), response).catch(() => undefined);
  }

  /** A chunk passes when all bytes before it, of every connection, would have passed. */
  async *#throttle(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.servedBytes += chunk.length;
      const now = performance.now();
      this.#freeAt = Math.max(this.#freeAt, now) + chunk.length / this.#bytesPerMs;
      if (this.#freeAt > now) await sleep(this.#freeAt - now);
      yield chunk;
    }
  }
}

function parseRange(
  header: string | undefined,
  bytes: number,
): { readonly from: number; readonly to: number } | "unsatisfiable" | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === "" ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  return from <= to ? { from, to } : "unsatisfiable";
}
