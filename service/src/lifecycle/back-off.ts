/** Pauses between tries, in seconds. */
export interface BackOffLimits {
  readonly first: number;
  /** Also the longest time that a cured failure can go unnoticed. */
  readonly longest: number;
}

export const DEFAULT_BACK_OFF: BackOffLimits = { first: 1, longest: 60 };

/**
 * Exponential back-off with jitter: between half and all of 1, 2, 4, ... seconds. The jitter keeps pods that failed
 * together from coming back together. A wait that the source asked for is the least.
 *
 * @param failures - failures in a row without any progress between them, from 1
 * @param random - 0 to 1
 */
export function backOffSeconds(
  failures: number,
  retryAfterSeconds: number | undefined,
  random: number,
  limits: BackOffLimits = DEFAULT_BACK_OFF,
): number {
  const ceiling = Math.min(limits.longest, limits.first * 2 ** Math.min(failures - 1, 30));
  return Math.max(ceiling * (0.5 + random / 2), retryAfterSeconds ?? 0);
}
