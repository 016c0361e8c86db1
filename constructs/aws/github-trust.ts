import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider";
import { type Construct } from "constructs";

import { githubSubjects } from "./github-subject";
import { policyDocument } from "./service-role";

/** Who issues the tokens of GitHub Actions. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";

/** What `aws-actions/configure-aws-credentials` asks for, and what a token for another audience does not say. */
const GITHUB_AUDIENCE = "sts.amazonaws.com";

/** Creates the identity provider for GitHub's tokens, of which an account can have one. Returns its ARN. */
export function githubTokenIssuer(scope: Construct): string {
  // No thumbprint: AWS checks this issuer against its own list of certificate authorities.
  const url = `https://${GITHUB_ISSUER}`;
  return new IamOpenidConnectProvider(scope, "github", { url, clientIdList: [GITHUB_AUDIENCE] }).arn;
}

/** The trust policy of a role that runs of one repository in one context take; see `githubSubjects`. */
export function githubTrust(oidcProviderArn: string, repository: string, context: string): string {
  return policyDocument([
    {
      Action: ["sts:AssumeRoleWithWebIdentity"],
      Principal: { Federated: oidcProviderArn },
      Condition: {
        StringEquals: {
          [`${GITHUB_ISSUER}:aud`]: GITHUB_AUDIENCE,
          [`${GITHUB_ISSUER}:sub`]: githubSubjects(repository, context),
        },
      },
    },
  ]);
}
