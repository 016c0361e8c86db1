/** What the Kubernetes API says of the chat pods. */
import { z } from "zod";

const terminated = z.object({
  reason: z.string().optional(),
  exitCode: z.number(),
  message: z.string().optional(),
  finishedAt: z.string().optional(),
});
const state = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  terminated: terminated.optional(),
});

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(
      z.object({
        name: z.string(),
        image: z.string(),
        env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
      }),
    ),
  }),
  status: z.object({
    phase: z.string(),
    reason: z.string().optional(),
    conditions: z
      .array(
        z.object({
          type: z.string(),
          status: z.string(),
          reason: z.string().optional(),
          message: z.string().optional(),
        }),
      )
      .default([]),
    containerStatuses: z
      .array(
        z.object({
          name: z.string(),
          ready: z.boolean(),
          restartCount: z.number(),
          imageID: z.string(),
          state,
          lastState: state,
        }),
      )
      .default([]),
  }),
});

export type Pod = z.infer<typeof podSchema>;
export const podsSchema = z.object({ items: z.array(podSchema) });

export const endpointSlicesSchema = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).default({}) }))
        .nullish()
        .transform((endpoints) => endpoints ?? []),
    }),
  ),
});

export const serviceSchema = z.object({
  status: z
    .object({
      loadBalancer: z
        .object({
          ingress: z.array(z.object({ hostname: z.string().optional(), ip: z.string().optional() })).default([]),
        })
        .default({ ingress: [] }),
    })
    .default({ loadBalancer: { ingress: [] } }),
});
