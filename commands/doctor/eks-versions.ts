/**
 * Until when EKS supports a Kubernetes version at the standard price. Asked from AWS where that is possible; this table
 * answers without credentials.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, as
 * https://endoflife.date/amazon-eks had it on the date below.
 */
const STANDARD_SUPPORT_UNTIL: Readonly<Record<string, string>> = {
  "1.31": "2025-11-26",
  "1.32": "2026-03-23",
  "1.33": "2026-07-29",
  "1.34": "2026-12-02",
  "1.35": "2027-03-27",
  "1.36": "2027-08-02",
};

export const TABLE_DATE = "2026-09-16";

/** End of standard support by the table, or undefined for a version that it does not have. */
export function standardSupportEnd(version: string): Date | undefined {
  const date = STANDARD_SUPPORT_UNTIL[version];
  return date === undefined ? undefined : new Date(`${date}T00:00:00Z`);
}
