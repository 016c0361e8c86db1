import { DeployRole, type DeployRoleProps } from "../../../constructs/aws/deploy-role";
import { synthConstructs, type Json } from "../../helpers/synth-stack";

const PROPS: DeployRoleProps = {
  name: "carepath-x-deploy",
  githubRepository: "acme@1/chat@2",
  githubEnvironment: "production",
  oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
  region: "eu-west-1",
  clusterName: "carepath-x",
  createdClusterName: "${aws_eks_cluster.x.name}",
  imageRepositoryName: "carepath-x/chat-service",
  state: { bucket: "team-state", region: "eu-west-3", keys: ["team/chat.tfstate"] },
  group: "deployers",
};

const synth = (props: Partial<DeployRoleProps> = {}) =>
  synthConstructs((stack) => new DeployRole(stack, "deploy-role", { ...PROPS, ...props }));

const statementsOf = (text: unknown) =>
  (JSON.parse(String(text)) as { Statement: (Json & { Action: string[]; Resource: string[] })[] }).Statement;

it("trusts the jobs of one environment of one repository, and no pull request, branch or other environment", () => {
  expect(statementsOf(synth().one("aws_iam_role")["assume_role_policy"])).toMatchObject([
    {
      Principal: { Federated: PROPS.oidcProviderArn },
      Condition: {
        StringEquals: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": [
            "repo:acme/chat:environment:production",
            "repo:acme@1/chat@2:environment:production",
          ],
        },
      },
    },
  ]);
});

it("writes the state of the chat stack and pushes into one repository; it changes nothing else in AWS", () => {
  const statements = statementsOf(synth().one("aws_iam_role_policy")["policy"]);
  const changing = statements.filter(({ Action }) =>
    Action.some((name) => !/:(Get|List|Describe|Batch(Get|Check))/.test(name)),
  );
  expect(changing.map(({ Sid, Resource }) => [Sid, Resource])).toEqual([
    ["WriteState", ["arn:aws:s3:::team-state/team/chat.tfstate"]],
    ["LockState", ["arn:aws:s3:::team-state/team/chat.tfstate.tflock"]],
    ["PushImage", ["arn:aws:ecr:eu-west-1:*:repository/carepath-x/chat-service"]],
  ]);
  const services = new Set(statements.flatMap(({ Action }) => Action.map((name) => name.split(":")[0])));
  expect([...services].sort()).toEqual(["ecr", "eks", "s3"]);
});

it("uses the key of the state where it has one", () => {
  const kmsKeyArn = "arn:aws:kms:eu-west-3:123456789012:key/state";
  const statements = statementsOf(synth({ state: { ...PROPS.state, kmsKeyArn } }).one("aws_iam_role_policy")["policy"]);
  expect(statements.find(({ Sid }) => Sid === "EncryptState")).toMatchObject({
    Resource: [kmsKeyArn],
    Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-3.amazonaws.com" } },
  });
});

it("changes the records of the one zone where the host has its name in it", () => {
  const statements = statementsOf(synth({ hostedZoneId: "Z1" }).one("aws_iam_role_policy")["policy"]);
  expect(statements.find(({ Sid }) => Sid === "ChangeRecords")?.Resource).toEqual(["arn:aws:route53:::hostedzone/Z1"]);
  expect(JSON.stringify(statementsOf(synth().one("aws_iam_role_policy")["policy"]))).not.toMatch(/route53|acm/);
});

it.each([
  ["chat", "AmazonEKSAdminPolicy", { type: "namespace", namespaces: ["chat"] }],
  [undefined, "AmazonEKSClusterAdminPolicy", { type: "cluster" }],
])("in the cluster it has the namespace %s, once the cluster is there", (namespace, policy, access_scope) => {
  const stack = synth({ namespace });
  expect(stack.one("aws_eks_access_entry")["cluster_name"]).toBe("${aws_eks_cluster.x.name}");
  expect(stack.one("aws_eks_access_entry")["kubernetes_groups"]).toEqual(namespace && ["deployers"]);
  expect(stack.one("aws_eks_access_policy_association")).toMatchObject({
    policy_arn: `arn:aws:eks::aws:cluster-access-policy/${policy}`,
    access_scope,
  });
});
