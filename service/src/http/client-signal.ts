import { type FastifyReply, type FastifyRequest } from "fastify";
import { clientGone } from "../admission/errors.js";

/** First and longest pause between two knocks, in milliseconds. */
const PAUSES = { first: 20, longest: 5_000 };

/**
 * Aborted, with a `client_gone` refusal, when the connection closes before the answer is complete.
 *
 * A client that has closed and one that has only said that it will send no more (`nc -N`, `shutdown(SHUT_WR)`) look the
 * same: both end their side. The second gets its answer, so the service sends bytes that a client skips, to which the
 * system of a client that has closed answers with a reset. HTTP/1.0 knows no such bytes before the answer; there the end
 * counts as gone.
 */
export function clientSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const { socket } = request.raw;
  let timer: NodeJS.Timeout | undefined;
  const knock = (pause: number): void => {
    if (raw.writableEnded || raw.destroyed) return;
    if (raw.headersSent) raw.write(": heartbeat\n\n");
    else if (request.raw.httpVersion === "1.0") socket.destroy();
    else raw.writeContinue();
    timer = setTimeout(knock, pause, Math.min(pause * 2, PAUSES.longest));
  };
  const onEnd = (): void => knock(PAUSES.first);
  if (raw.destroyed) controller.abort(clientGone());
  else if (socket.readableEnded) onEnd();
  else socket.once("end", onEnd);
  raw.once("close", () => {
    clearTimeout(timer);
    socket.off("end", onEnd);
    if (!raw.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}
