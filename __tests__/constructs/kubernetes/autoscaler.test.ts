import { TerraformResource } from "cdktf";

import { ChatAutoscaler, type ChatAutoscalerProps } from "../../../constructs/kubernetes/autoscaler";
import { createMetrics } from "../../../service/src/metrics";
import { synthConstructs } from "../../helpers/synth-stack";

const PROPS: Omit<ChatAutoscalerProps, "dependsOn"> = {
  name: "chat-api",
  namespace: "carepath",
  minReplicas: 2,
  maxReplicas: 6,
  parallelSlots: 4,
  startupWindowSeconds: 700,
  terminationGracePeriodSeconds: 131,
};

interface Spec {
  readonly fallback: object;
  readonly triggers: readonly {
    readonly type: string;
    readonly name: string;
    readonly metadata: Record<string, string>;
  }[];
  readonly advanced: {
    readonly scalingModifiers: Record<string, string>;
    readonly horizontalPodAutoscalerConfig: {
      readonly behavior: {
        readonly scaleDown: { readonly stabilizationWindowSeconds: number; readonly policies: object[] };
      };
    };
  };
}

function spec(props: Partial<ChatAutoscalerProps> = {}): Spec {
  const stack = synthConstructs((scope) => {
    const dependsOn = [new TerraformResource(scope, "target", { terraformResourceType: "target" })];
    new ChatAutoscaler(scope, "autoscaler", { ...PROPS, dependsOn, ...props });
  });
  return (stack.one("kubernetes_manifest")["manifest"] as { spec: Spec }).spec;
}

const scaleDown = (props: Partial<ChatAutoscalerProps>) =>
  spec(props).advanced.horizontalPodAutoscalerConfig.behavior.scaleDown;

it("adds up busy slots and waiting requests of every ready replica, and never looks at CPU", () => {
  const { triggers, advanced } = spec();
  expect(triggers.map(({ type, name, metadata }) => [type, name, metadata["valueLocation"]])).toEqual([
    ["metrics-api", "busy", "carepath_slots_busy"],
    ["metrics-api", "waiting", "carepath_queue_depth"],
  ]);
  for (const { metadata } of triggers) {
    expect(metadata).toMatchObject({
      // KEDA takes the first two parts of the host for the Service and its namespace.
      url: "http://chat-api.carepath.svc:8002/metrics",
      aggregateFromKubeServiceEndpoints: "true",
      aggregationType: "sum",
    });
  }
  expect(advanced.scalingModifiers).toEqual({
    formula: "4 * (busy + waiting)",
    target: "12",
    metricType: "AverageValue",
  });
});

it("wants whole numbers of every number of slots, because KEDA has no fallback for others", () => {
  for (const parallelSlots of [1, 2, 3])
    expect(spec({ parallelSlots }).advanced.scalingModifiers["target"]).toBe(String(3 * parallelSlots));
});

it("asks for series that the service has", async () => {
  const text = await createMetrics({ processMetrics: false }).registry.metrics();
  for (const { metadata } of spec().triggers) expect(text).toContain(`\n${metadata["valueLocation"] ?? ""} 0\n`);
});

it("removes none that may still be loading: the window is a start's, at least ten minutes and at most an hour", () => {
  expect(scaleDown({}).stabilizationWindowSeconds).toBe(700);
  expect(scaleDown({ startupWindowSeconds: 599 }).stabilizationWindowSeconds).toBe(600);
  expect(scaleDown({ startupWindowSeconds: 3601 }).stabilizationWindowSeconds).toBe(3600);
});

it("removes one at a time, after the answers of the one before", () => {
  expect(scaleDown({}).policies).toEqual([{ type: "Pods", value: 1, periodSeconds: 131 }]);
  expect(scaleDown({ terminationGracePeriodSeconds: 1801 }).policies).toEqual([
    { type: "Pods", value: 1, periodSeconds: 1800 },
  ]);
});

it("keeps the replicas that there are while none can be asked", () => {
  expect(spec().fallback).toMatchObject({ behavior: "currentReplicas" });
});
