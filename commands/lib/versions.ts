/** Comparison of `major.minor.patch` versions; a leading `v` and anything after the numbers is ignored. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** True when `text` is `minimum` or newer; false when it is not a version at all. */
export function atLeast(text: string, minimum: string): boolean {
  const [a, b] = [parseVersion(text), parseVersion(minimum)];
  if (a === undefined || b === undefined) return false;
  for (const index of [0, 1, 2] as const) {
    if (a[index] !== b[index]) return a[index] > b[index];
  }
  return true;
}

/** True when a kubectl supports a cluster, one minor version older or newer: https://kubernetes.io/releases/version-skew-policy/#kubectl */
export function withinSkew(client: string, server: string): boolean {
  const [a, b] = [parseVersion(client), parseVersion(server)];
  return a !== undefined && b !== undefined && a[0] === b[0] && Math.abs(a[1] - b[1]) <= 1;
}
