import { loadBalancerControllerStatements } from "../../../constructs/aws/load-balancer-controller-policy";
import {
  LoadBalancerController,
  type LoadBalancerControllerProps,
} from "../../../constructs/kubernetes/load-balancer-controller";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const PROPS: LoadBalancerControllerProps = {
  region: "eu-west-1",
  clusterName: "carepath-x",
  vpcId: "vpc-1",
  namespace: "kube-system",
  serviceAccountName: "controller",
  replicas: 2,
  tags: { Project: "carepath-chat" },
  wafv2: false,
};

function release(props: Partial<LoadBalancerControllerProps> = {}): Json & { readonly parsed: Json } {
  const found = synthConstructs((stack) => new LoadBalancerController(stack, "controller", { ...PROPS, ...props })).one(
    "helm_release",
  );
  return { ...found, parsed: JSON.parse((found["values"] as [string])[0]) as Json };
}

it("is one version of the chart, and asks no instance metadata for region and VPC", () => {
  expect(release()).toMatchObject({
    chart: "aws-load-balancer-controller",
    repository: "https://aws.github.io/eks-charts",
    version: "3.5.0",
    namespace: "kube-system",
    parsed: {
      clusterName: "carepath-x",
      region: "eu-west-1",
      vpcId: "vpc-1",
      replicaCount: 2,
      serviceAccount: { create: true, name: "controller" },
      defaultTags: { Project: "carepath-chat" },
    },
  });
});

it("leaves Services of type LoadBalancer to the controller that they had", () => {
  expect(release().parsed["enableServiceMutatorWebhook"]).toBe(false);
});

it("asks for a web ACL only where there is one", () => {
  expect(release().parsed["enableWafv2"]).toBe(false);
  expect(release({ wafv2: true }).parsed["enableWafv2"]).toBe(true);
});

describe("its rights", () => {
  const statements = loadBalancerControllerStatements("us-east-1");
  const actions = (pattern: RegExp) => statements.filter(({ Action }) => Action.some((action) => pattern.test(action)));

  it("delete nothing that does not carry its tag", () => {
    const deleting = actions(/:Delete(LoadBalancer|TargetGroup|SecurityGroup)$/);
    expect(deleting).toHaveLength(2);
    for (const { Condition } of deleting) {
      expect(Condition).toEqual({ Null: { "aws:ResourceTag/elbv2.k8s.aws/cluster": "false" } });
    }
  });

  it("make nothing without its tag", () => {
    for (const { Condition } of actions(/:Create(LoadBalancer|TargetGroup)$/)) {
      expect(Condition).toEqual({ Null: { "aws:RequestTag/elbv2.k8s.aws/cluster": "false" } });
    }
  });

  it("have nothing of what the values switch off", () => {
    expect(JSON.stringify(statements)).not.toMatch(/cognito|shield:|waf-regional|iam:(List|Get)ServerCertificate/);
  });

  it("fit into the inline policy of a role: 10,240 characters without white space", () => {
    expect(JSON.stringify(statements).length).toBeLessThan(10_000);
  });
});
