/** Serves one model file on 127.0.0.1 the way a model hub does: byte ranges, an ETag, `If-Range`; throttled on request. */
import { createReadStream, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { RehearsalError } from "./rehearsal-error";

export interface ModelServerProps {
  readonly path: string;
  readonly sha256: string;
  /** All connections together. @default unlimited */
  readonly mibPerSecond?: number;
}

export class ModelServer {
  /** Bytes of bodies that were sent, over all requests. */
  servedBytes = 0;
  requests = 0;
  private readonly server: Server;
  private readonly bytes: number;
  private budgetFrom = performance.now();
  private budgetUsed = 0;

  constructor(private readonly props: ModelServerProps) {
    try {
      this.bytes = statSync(props.path).size;
    } catch (error) {
      throw new RehearsalError(`model file ${props.path} cannot be read: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    this.server = createServer((request, response) => {
      this.requests += 1;
      const etag = `"${this.props.sha256}"`;
      const ifRange = request.headers["if-range"];
      const range =
        ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, this.bytes) : undefined;
      if (range === "unsatisfiable") {
        response.writeHead(416, { "Content-Range": `bytes */${this.bytes}` }).end();
        return;
      }
      const { from, to } = range ?? { from: 0, to: this.bytes - 1 };
      response.writeHead(range === undefined ? 200 : 206, {
        "Content-Type": "application/octet-stream",
        "Content-Length": String(to - from + 1),
        "Accept-Ranges": "bytes",
        ETag: etag,
        ...(range === undefined ? {} : { "Content-Range": `bytes ${from}-${to}/${this.bytes}` }),
      });
      if (request.method === "HEAD") {
        response.end();
        return;
      }
      const body = createReadStream(this.props.path, { start: from, end: to, highWaterMark: 64 * 1024 });
      // A client that leaves in the middle is part of what is rehearsed.
      pipeline(body, this.throttle(), response).catch(() => undefined);
    });
  }

  /** Listens on a free port; resolves to the URL of the file. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/model.gguf`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private throttle(): Transform {
    const bytesPerSecond = (this.props.mibPerSecond ?? Infinity) * 1024 * 1024;
    const pace = async (bytes: number) => {
      this.servedBytes += bytes;
      const now = performance.now();
      if (this.budgetUsed / bytesPerSecond < (now - this.budgetFrom) / 1000) {
        this.budgetFrom = now;
        this.budgetUsed = 0;
      }
      this.budgetUsed += bytes;
      const due = this.budgetFrom + (this.budgetUsed / bytesPerSecond) * 1000;
      if (due > now) await sleep(due - now);
    };
    return new Transform({
      highWaterMark: 64 * 1024,
      transform: (chunk: Buffer, _encoding, done) => {
        pace(chunk.length).then(
          () => done(null, chunk),
          (error: unknown) => done(error as Error),
        );
      },
    });
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
