/**
 * The part of `terraform show -json <plan>` that a review needs.
 * Format: https://developer.hashicorp.com/terraform/internals/json-format
 */
import { z } from "zod";

/** Any JSON value; attributes of resources have no narrower type. */
export type Json = z.infer<ReturnType<typeof z.json>>;

const changeSchema = z.object({
  /** `["no-op"]`, `["create"]`, `["read"]`, `["update"]`, `["delete", "create"]`, `["create", "delete"]`, `["delete"]`, `["forget"]`. */
  actions: z.array(z.string()).min(1),
  before: z.json().optional().default(null),
  after: z.json().optional().default(null),
  /** `true`, or a tree of the same shape as `after` with `true` where the value is known after apply. */
  after_unknown: z.json().optional().default(false),
  before_sensitive: z.json().optional().default(false),
  after_sensitive: z.json().optional().default(false),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
});

const resourceChangeSchema = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  name: z.string(),
  deposed: z.string().optional(),
  previous_address: z.string().optional(),
  action_reason: z.string().optional(),
  change: changeSchema,
});

const planSchema = z.object({
  format_version: z.string().regex(/^1\./, "format_version is not 1.x: this renderer was written for the 1.x format"),
  terraform_version: z.string().optional(),
  errored: z.boolean().optional(),
  variables: z.record(z.string(), z.object({ value: z.json().optional() })).optional(),
  resource_changes: z.array(resourceChangeSchema).optional().default([]),
  output_changes: z.record(z.string(), changeSchema).optional().default({}),
  prior_state: z
    .object({
      values: z.object({ root_module: z.object({ resources: z.array(z.object({ mode: z.string() })).optional() }) }),
    })
    .optional(),
  configuration: z
    .object({
      root_module: z.object({
        variables: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).optional(),
      }),
    })
    .optional(),
});

export type Plan = z.infer<typeof planSchema>;
export type Change = z.infer<typeof changeSchema>;
export type ResourceChange = z.infer<typeof resourceChangeSchema>;

/** Reads the text of `terraform show -json`. Throws with the subject in front when it is something else. */
export function parsePlan(text: string, subject: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${subject}: not JSON. Write it with "terraform show -json <plan file>".`);
  }
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first === undefined || first.path.length === 0 ? "the document" : first.path.join(".");
  throw new Error(
    `${subject}: ${where}: ${first?.message ?? "unreadable"}. Write it with "terraform show -json <plan file>".`,
  );
}

/** True when the state held managed resources before this plan, so the stack has been deployed. */
export function wasDeployed(plan: Plan): boolean {
  return (plan.prior_state?.values.root_module.resources ?? []).some(({ mode }) => mode === "managed");
}
