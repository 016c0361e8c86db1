import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";

import { diffStatements, type DiffPolicyProps } from "./diff-policy";
import { githubTokenIssuer, githubTrust } from "./github-trust";
import { policyDocument } from "./service-role";

export interface DiffRoleProps extends DiffPolicyProps {
  /** At most 64 characters. */
  readonly name: string;
  /** See `githubSubjects`. */
  readonly githubRepository: string;
  /** An existing provider for GitHub's tokens; an account can have one only. @default one is created */
  readonly oidcProviderArn?: string;
}

/**
 * The role of `cdktf diff` in a pull request: it reads what the stacks manage, and their state.
 *
 * The token says which repository a run belongs to, and that a pull request started it; both are compared exactly. Pull
 * requests of forks get no token. Who may push a branch to the repository can run code with this role, which is why it
 * must not be able to change anything.
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 */
export class DiffRole extends Construct {
  readonly arn: string;
  /** The identity provider for GitHub's tokens. */
  readonly oidcProviderArn: string;

  constructor(scope: Construct, id: string, props: DiffRoleProps) {
    super(scope, id);
    const { name, githubRepository, oidcProviderArn } = props;
    const provider = oidcProviderArn ?? githubTokenIssuer(this);
    const role = new IamRole(this, "role", {
      name,
      description: `cdktf diff in pull requests of ${githubRepository}: reads, and locks the state meanwhile`,
      assumeRolePolicy: githubTrust(provider, githubRepository, "pull_request"),
    });
    new IamRolePolicy(this, "policy", {
      name: "diff",
      role: role.id,
      policy: policyDocument(diffStatements(props)),
    });
    this.arn = role.arn;
    this.oidcProviderArn = provider;
  }
}
