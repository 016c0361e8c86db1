export const BACK_OFF = { initialSeconds: 10, maximumSeconds: 300, resetAfterSeconds: 600 } as const;

/**
 * The wait before a container is started again.
 *
 * The first restart is immediate; later ones wait 10 s, 20 s, 40 s ... up to 300 s after the termination. A container
 * that ran longer than ten minutes starts the series anew (client-go's back-off expires after twice its maximum).
 *
 * Source: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy ("Pod Lifecycle", section "Container
 * restarts").
 */
export class RestartBackOff {
  #delaySeconds = 0;
  #lastRestartAt: number | undefined;

  /**
   * Seconds to wait after a termination.
   *
   * @param now seconds of the termination
   * @returns the wait, 0 for the first restart
   */
  terminated(now: number): number {
    const expired = this.#lastRestartAt === undefined || now - this.#lastRestartAt > BACK_OFF.resetAfterSeconds;
    const wait = expired ? 0 : this.#delaySeconds;
    this.#delaySeconds = expired ? BACK_OFF.initialSeconds : Math.min(this.#delaySeconds * 2, BACK_OFF.maximumSeconds);
    this.#lastRestartAt = now + wait;
    return wait;
  }
}
