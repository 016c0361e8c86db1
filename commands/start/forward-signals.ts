import { type ChildProcess } from "node:child_process";

/** Signals of one request arrive within a few milliseconds; a person who asks again needs longer. */
const ONE_REQUEST_MILLISECONDS = 500;

/** What ends a start, and what the service is told then; it knows no hang-up. */
const FORWARDED = { SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGTERM" } as const;

interface SignalSource {
  on(signal: keyof typeof FORWARDED, listener: () => void): unknown;
}

/**
 * Passes each request to end on to the service, once. One Ctrl-C reaches this process up to three times: from the
 * terminal, which signals the whole process group, and again from npm, which forwards it (`timeout` does the same with
 * SIGTERM). The service takes a second signal for "now" and would cut off the answers that it is about to finish.
 *
 * The service must be in its own process group (`detached`), or the terminal would reach it too.
 */
export function forwardSignals(
  source: SignalSource,
  service: Pick<ChildProcess, "kill">,
  now: () => number = () => performance.now(),
): void {
  let last = -Infinity;
  for (const [signal, forwarded] of Object.entries(FORWARDED)) {
    source.on(signal as keyof typeof FORWARDED, () => {
      const first = now() - last >= ONE_REQUEST_MILLISECONDS;
      if (!first) return;
      last = now();
      service.kill(forwarded);
    });
  }
}
