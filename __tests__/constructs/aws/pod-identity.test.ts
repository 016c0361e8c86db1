import { PodIdentity } from "../../../constructs/aws/pod-identity";
import { synthConstructs } from "../../helpers/synth-stack";

const stack = synthConstructs(
  (scope) =>
    new PodIdentity(scope, "identity", {
      name: "carepath-x-reader",
      description: "Reads",
      clusterName: "carepath-x",
      namespace: "kube-system",
      serviceAccount: "reader",
      statements: [{ Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::bucket/*"] }],
    }),
);

it("gives the role to one service account, with a trust that lets Pod Identity tag the session", () => {
  expect(stack.one("aws_eks_pod_identity_association")).toMatchObject({
    cluster_name: "carepath-x",
    namespace: "kube-system",
    service_account: "reader",
  });
  expect(JSON.parse(String(stack.one("aws_iam_role")["assume_role_policy"]))).toMatchObject({
    Statement: [{ Action: ["sts:AssumeRole", "sts:TagSession"], Principal: { Service: "pods.eks.amazonaws.com" } }],
  });
});

it("permits the statements and nothing else, before a pod can take the role", () => {
  expect(JSON.parse(String(stack.one("aws_iam_role_policy")["policy"]))).toMatchObject({
    Statement: [{ Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::bucket/*"] }],
  });
  const [id = ""] = Object.keys(stack.json.resource["aws_iam_role_policy"] ?? {});
  expect(stack.one("aws_eks_pod_identity_association")["depends_on"]).toEqual([`aws_iam_role_policy.${id}`]);
});
