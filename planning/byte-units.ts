/** Binary units: Kubernetes and EBS count in them, prices and file sizes mostly do not. */
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** "1.96 GiB", "491 MiB": for people. */
export function formatBytes(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(2)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}
