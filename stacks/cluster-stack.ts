import { TerraformStack } from "cdktf";
import { type Construct } from "constructs";

import { stackNames } from "../config/names";
import { type EksConfig } from "../config/schema";
import { configureBackend } from "../constructs/backend";
import { type EnvironmentPlan } from "../planning/environment-plan";

export interface ClusterStackProps {
  readonly config: EksConfig;
  readonly plan: EnvironmentPlan;
}

/** Network, cluster, nodes and image repository. */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, { config }: ClusterStackProps) {
    super(scope, stackNames(config.environment).cluster);
    configureBackend(this, config.state);
  }
}
