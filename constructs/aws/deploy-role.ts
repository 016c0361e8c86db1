import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";

import { partitionOf } from "../../planning/catalogue/aws-regions";
import { arn } from "./arn";
import { githubTrust } from "./github-trust";
import { hostStatements } from "./host-access";
import { policyDocument, type PolicyStatement } from "./service-role";
import { type StateAccess, stateStatements } from "./state-access";

export interface DeployRoleProps {
  /** At most 64 characters. */
  readonly name: string;
  /** See `githubSubjects`. */
  readonly githubRepository: string;
  /** Name of the environment on GitHub whose jobs may take the role. */
  readonly githubEnvironment: string;
  /** The account's identity provider for GitHub's tokens. */
  readonly oidcProviderArn: string;
  readonly region: string;
  readonly clusterName: string;
  /** The same as the cluster resource gives it, so that the access entry waits for the cluster. */
  readonly createdClusterName: string;
  readonly imageRepositoryName: string;
  /** The state of the chat stack. */
  readonly state: StateAccess;
  /** Zone of Route 53 with the record of the host. @default none */
  readonly hostedZoneId?: string | undefined;
  /** The one namespace that it may change; without one it administers the cluster, which creating a namespace needs. */
  readonly namespace?: string | undefined;
  /** Kubernetes group that gives the role what no policy of EKS gives in that namespace: `DeployEditor`. */
  readonly group: string;
}

/**
 * The role by which a workflow deploys the chat stack: it pushes an image, changes what runs in the cluster and writes the
 * state of this one stack. It cannot change the cluster, the network or any role.
 *
 * Only jobs of one environment on GitHub get it, exact for exact, so that the rules of that environment (reviewers,
 * branches) stand before every deploy.
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 */
export class DeployRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: DeployRoleProps) {
    super(scope, id);
    const { name, githubRepository, githubEnvironment, oidcProviderArn, createdClusterName, namespace } = props;
    const clusterName = createdClusterName;
    const role = new IamRole(this, "role", {
      name,
      description: `npm run deploy of the chat stack by ${githubRepository}, environment ${githubEnvironment}`,
      assumeRolePolicy: githubTrust(oidcProviderArn, githubRepository, `environment:${githubEnvironment}`),
    });
    new IamRolePolicy(this, "policy", { name: "deploy", role: role.id, policy: policyDocument(statements(props)) });
    const { principalArn } = new EksAccessEntry(this, "entry", {
      clusterName,
      principalArn: role.arn,
      kubernetesGroups: namespace === undefined ? undefined : [props.group],
    });
    new EksAccessPolicyAssociation(this, "access", {
      clusterName,
      principalArn,
      policyArn: arn(
        this,
        `eks::aws:cluster-access-policy/${namespace === undefined ? "AmazonEKSClusterAdminPolicy" : "AmazonEKSAdminPolicy"}`,
      ),
      accessScope: namespace === undefined ? { type: "cluster" } : { type: "namespace", namespaces: [namespace] },
    });
    this.arn = role.arn;
  }
}

function statements(props: DeployRoleProps): PolicyStatement[] {
  const { region, imageRepositoryName, state } = props;
  const partition = partitionOf(region);
  return [
    ...stateStatements(state, "write"),
    {
      Sid: "FindCluster",
      Action: ["eks:DescribeCluster"],
      Resource: [`arn:${partition}:eks:${region}:*:cluster/${props.clusterName}`],
    },
    ...(props.hostedZoneId === undefined ? [] : hostStatements(region, props.hostedZoneId, "write")),
    { Sid: "LogInToRegistry", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
    {
      Sid: "PushImage",
      Action: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:ListTagsForResource",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ],
      Resource: [`arn:${partition}:ecr:${region}:*:repository/${imageRepositoryName}`],
    },
  ];
}
