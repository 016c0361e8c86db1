/** What identifies the pods of a workload, and never changes: selectors are immutable in Kubernetes. */
export function selectorLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

/**
 * Labels of everything that this project makes.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export const PROJECT_LABELS: Readonly<Record<string, string>> = {
  "app.kubernetes.io/part-of": "carepath",
  "app.kubernetes.io/managed-by": "terraform",
};

/** Labels of everything that belongs to the workload. */
export function workloadLabels(name: string): Record<string, string> {
  return { ...selectorLabels(name), ...PROJECT_LABELS };
}
