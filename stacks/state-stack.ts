import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { TerraformOutput, TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import { PROJECT, STATE_STACK } from "../config/names";
import { type StateBucketConfig } from "../config/state-bucket";
import { StateBucket } from "../constructs/aws/state-bucket";
import { configureBackend } from "../constructs/backend";

export interface StateStackProps {
  readonly config: StateBucketConfig;
  /** Takes over a bucket that the account has already. @default false */
  readonly adopt?: boolean;
}

/**
 * The bucket of the state of all other stacks. Its own state is a local file, because the bucket cannot hold what describes it
 * before it exists; when the file is lost, `--adopt` finds the bucket again.
 */
export class StateStack extends TerraformStack {
  constructor(scope: Construct, { config, adopt = false }: StateStackProps) {
    super(scope, STATE_STACK);
    configureBackend(this, { type: "local" });
    const tags = { Project: PROJECT, ManagedBy: "terraform" };
    new AwsProvider(this, "aws", { region: config.region, defaultTags: [{ tags }] });
    new StateBucket(this, "state", {
      name: config.bucket,
      adopt,
      kmsKeyArn: config.kmsKeyArn,
    });
    new TerraformOutput(this, "bucket", {
      value: config.bucket,
      description: "Bucket of the Terraform state.",
      staticId: true,
    });
  }
}
