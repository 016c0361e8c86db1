import { type FastifyReply } from "fastify";

/** Most bytes that wait in this process for the client to read. */
const MOST_BUFFERED_BYTES = 2 ** 20;
/** Longest time for which the client may read nothing while bytes wait. */
const LONGEST_STALL_MS = 60_000;

export interface EventStreamOptions {
  readonly heartbeatSeconds: number;
  /** Called once when the client does not read: the answer should be given up. */
  readonly onSlowReader: () => void;
}

/**
 * One answer as server-sent events.
 *
 * The head is sent with the first event or the first heartbeat, whichever comes first: until then a failure can still
 * have its own status code. Heartbeats are comments, which clients skip; they start at admission, so that a request that
 * waits in the queue, or whose prompt is being read, is never idle for longer than their interval.
 *
 * Nothing here waits for the client: the engine's step is shared by all answers. What the client does not read is
 * buffered up to a limit; beyond it the answer is given up.
 */
export class EventStream {
  readonly #timer: NodeJS.Timeout;
  #stalledSince: number | undefined;
  #abandoned = false;
  readonly #reply: FastifyReply;
  readonly #options: EventStreamOptions;

  constructor(reply: FastifyReply, options: EventStreamOptions) {
    this.#reply = reply;
    this.#options = options;
    this.#timer = setInterval(() => this.comment("heartbeat"), options.heartbeatSeconds * 1000);
    reply.raw.once("close", () => clearInterval(this.#timer));
  }

  /** True when the head is out, and with it the status 200. */
  get opened(): boolean {
    return this.#reply.raw.headersSent;
  }

  /** One event; a string is sent as it is, anything else as JSON. */
  send(data: unknown): void {
    this.#write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }

  /** A line that clients skip, for those who know it. */
  comment(text: string): void {
    this.#write(`: ${text}\n\n`);
  }

  /** Completes the stream. What the client has not read by the time limit is dropped with the connection. */
  end(): void {
    clearInterval(this.#timer);
    const { raw } = this.#reply;
    if (raw.destroyed) return;
    raw.end();
    const timer = setTimeout(() => raw.destroy(), LONGEST_STALL_MS);
    raw.once("close", () => clearTimeout(timer));
    raw.once("finish", () => clearTimeout(timer));
  }

  /** Stops the heartbeat of a stream that was never opened; the error goes out as an ordinary answer. */
  cancel(): void {
    clearInterval(this.#timer);
  }

  #write(text: string): void {
    const { raw } = this.#reply;
    if (this.#abandoned || raw.destroyed || raw.writableEnded) return;
    if (!this.opened) this.#open();
    raw.write(text);
    this.#stalledSince = raw.writableNeedDrain ? (this.#stalledSince ?? performance.now()) : undefined;
    const stalled = this.#stalledSince !== undefined && performance.now() - this.#stalledSince > LONGEST_STALL_MS;
    if (stalled || raw.writableLength > MOST_BUFFERED_BYTES) this.#abandon();
  }

  #open(): void {
    this.#reply.hijack();
    this.#reply.raw.writeHead(200, {
      ...(this.#reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      // no-transform: a proxy that compresses would collect the events first. X-Accel-Buffering is nginx' switch.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
  }

  #abandon(): void {
    this.#abandoned = true;
    this.#options.onSlowReader();
    this.#reply.raw.destroy();
  }
}
