import { PodLogGroup } from "../../../constructs/aws/pod-log-group";
import { synthConstructs } from "../../helpers/synth-stack";

const stack = synthConstructs(
  (scope) =>
    new PodLogGroup(scope, "pod-logs", {
      prefix: "carepath-x",
      logGroup: "/aws/eks/carepath-x/pods",
      retentionDays: 90,
      clusterName: "carepath-x",
      namespace: "kube-system",
      serviceAccount: "forwarder",
    }),
);

it("keeps the lines as long as the configuration says", () => {
  expect(stack.one("aws_cloudwatch_log_group")).toMatchObject({
    name: "/aws/eks/carepath-x/pods",
    retention_in_days: 90,
  });
});

it("lets the forwarder write into this group only, and make none", () => {
  const [id = ""] = Object.keys(stack.json.resource["aws_cloudwatch_log_group"] ?? {});
  const arn = `\${aws_cloudwatch_log_group.${id}.arn}`;
  expect(JSON.parse(String(stack.one("aws_iam_role_policy")["policy"]))).toMatchObject({
    Statement: [
      {
        Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        Resource: [arn, `${arn}:*`],
      },
    ],
  });
  expect(stack.one("aws_iam_role")).toMatchObject({ name: "carepath-x-pod-logs" });
});
