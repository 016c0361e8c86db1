import { environmentTags } from "../../../config/names";

export interface Leftover {
  readonly kind: string;
  readonly id: string;
  /** What it was for, as far as its tags say. */
  readonly detail: string;
  /** USD a month at the list prices of planning/cost/prices.ts. */
  readonly monthlyCost: number;
  /** The command that deletes it. */
  readonly remove: string;
}

export interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/**
 * EC2 filters for what the cluster stack has tagged: exactly this environment, so that `demo` never names what belongs to
 * `demo2`.
 */
export function taggedWith(environment: string): { Name: string; Values: string[] }[] {
  return Object.entries(environmentTags(environment)).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
}

/** The tag by which controllers in the cluster mark what they create. */
export const clusterTag = (cluster: string) => `kubernetes.io/cluster/${cluster}`;

/** Slices of at most `size`, for calls that take no more names at once. */
export function groupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
