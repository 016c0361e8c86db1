import { type App } from "cdktf";

import { type AppConfig } from "../config/schema";
import { type EnvironmentPlan } from "../planning/environment-plan";
import { ChatStack } from "./chat-stack";
import { ClusterStack } from "./cluster-stack";
import { PlatformStack } from "./platform-stack";

export interface BuildProps {
  readonly config: AppConfig;
  readonly plan: EnvironmentPlan;
}

/**
 * Creates the stacks of an environment in the order in which they are deployed: cluster, platform, chat. An existing
 * cluster gets the chat stack alone; its storage driver and its image registry are its owner's.
 *
 * The order is also written into the manifest (`addDependency`): cdktf deploys by it and destroys against it.
 */
export function buildStacks(app: App, { config, plan }: BuildProps): void {
  if (config.target === "existing-cluster") {
    new ChatStack(app, { config, plan });
    return;
  }
  const cluster = new ClusterStack(app, { config, plan });
  const platform = new PlatformStack(app, { config, plan });
  const chat = new ChatStack(app, { config, plan });
  platform.addDependency(cluster);
  chat.addDependency(platform);
}
