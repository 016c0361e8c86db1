import { partitionOf } from "../../planning/catalogue/aws-regions";
import { GITHUB_ISSUER } from "./github-trust";
import { hostStatements } from "./host-access";
import { type PolicyStatement } from "./service-role";
import { type StateAccess, stateStatements } from "./state-access";

export interface DiffPolicyProps {
  readonly region: string;
  readonly clusterName: string;
  /** Roles of the stacks begin with it; also the role itself. */
  readonly roleNamePrefix: string;
  readonly imageRepositoryName: string;
  /** KMS keys that the stacks manage or grant the use of. */
  readonly keyArns: readonly string[];
  /** What it reads and locks, and never writes. */
  readonly state: StateAccess;
  /** Zone of Route 53 with records of the chat stack. @default none */
  readonly hostedZoneId?: string | undefined;
  /** Bucket of the model mirror. @default none */
  readonly modelBucket?: string | undefined;
}

/**
 * What a diff asks AWS: for each resource type of the cluster stack, the calls of the provider's read function, and the
 * data sources of the other stacks. AWS's ReadOnlyAccess would do too, and would let every branch read the objects of
 * every bucket and every table of the account.
 *
 * Resources name the account as `*`: a policy of this role reaches no other account anyway, and synth does not know ours.
 */
export function diffStatements(props: DiffPolicyProps): PolicyStatement[] {
  const { region, clusterName, roleNamePrefix, imageRepositoryName, keyArns, state, modelBucket } = props;
  const partition = partitionOf(region);
  const inRegion = { StringEquals: { "aws:RequestedRegion": region } };
  const eks = (kind: string, rest: string) => `arn:${partition}:eks:${region}:*:${kind}/${clusterName}${rest}`;
  return [
    ...stateStatements(state, "read"),
    {
      // These calls take no resource: AWS lists what there is.
      Sid: "DescribeWithoutResource",
      Action: [
        "ec2:DescribeAddresses",
        "ec2:DescribeAddressesAttribute",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeNatGateways",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribePrefixLists",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
      ],
      Resource: ["*"],
      Condition: inRegion,
    },
    {
      Sid: "DescribeCluster",
      Action: [
        "eks:DescribeAccessEntry",
        "eks:DescribeAddon",
        "eks:DescribeCluster",
        "eks:DescribeNodegroup",
        "eks:DescribePodIdentityAssociation",
        "eks:ListAssociatedAccessPolicies",
        "eks:ListTagsForResource",
      ],
      Resource: [
        eks("cluster", ""),
        eks("access-entry", "/*"),
        eks("addon", "/*"),
        eks("nodegroup", "/*"),
        eks("podidentityassociation", "/*"),
      ],
    },
    {
      Sid: "ReadRoles",
      Action: [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:ListRoleTags",
      ],
      Resource: [`arn:${partition}:iam::*:role/${roleNamePrefix}-*`],
    },
    {
      Sid: "ReadTokenIssuer",
      Action: ["iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviderTags"],
      Resource: [`arn:${partition}:iam::*:oidc-provider/${GITHUB_ISSUER}`],
    },
    {
      // What the keys are, never what they encrypt.
      Sid: "DescribeKeys",
      Action: [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListGrants",
        "kms:ListResourceTags",
      ],
      Resource: [...keyArns],
    },
    {
      Sid: "DescribeImages",
      Action: [
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListTagsForResource",
      ],
      Resource: [`arn:${partition}:ecr:${region}:*:repository/${imageRepositoryName}`],
    },
    ...(modelBucket === undefined
      ? []
      : [
          {
            // The settings of the bucket, not its objects.
            Sid: "ReadModelBucket",
            Action: [
              "s3:GetAccelerateConfiguration",
              "s3:GetBucket*",
              "s3:GetEncryptionConfiguration",
              "s3:GetLifecycleConfiguration",
              "s3:GetReplicationConfiguration",
              "s3:ListBucket",
              "s3:ListTagsForResource",
            ],
            Resource: [`arn:${partition}:s3:::${modelBucket}`],
          },
        ]),
    {
      Sid: "ReadLogTags",
      Action: ["logs:ListTagsForResource"],
      Resource: [
        `arn:${partition}:logs:${region}:*:log-group:/aws/eks/${clusterName}/*`,
        `arn:${partition}:logs:${region}:*:log-group:/aws/vpc/${clusterName}/*`,
      ],
    },
    ...(props.hostedZoneId === undefined ? [] : hostStatements(region, props.hostedZoneId, "read")),
  ];
}
