import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";

import { type AppConfig } from "../config/schema";

/**
 * Sets the backend of a stack explicitly.
 *
 * Without this call cdktf adds a local backend with the absolute path of the machine that ran synth, and no two
 * machines get the same output. The local path here is relative to the stack's folder (`cdktf.out/stacks/<stack>`), so
 * the state lies beside `cdktf.json`.
 *
 * S3 state is locked by a lock file next to it (`use_lockfile`, Terraform 1.10 or newer): no DynamoDB table, and
 * `terraform force-unlock` still works. cdktf has no typed property for it.
 * @see https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
 */
export function configureBackend(stack: TerraformStack, state: AppConfig["state"]): void {
  if (state.type === "local") {
    new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` });
    return;
  }
  const backend = new S3Backend(stack, {
    bucket: state.bucket,
    key: stateKey(state.keyPrefix, stack.node.id),
    region: state.region,
    encrypt: true,
    kmsKeyId: state.kmsKeyArn,
  });
  backend.addOverride("use_lockfile", true);
}

/** Where the state of a stack lies in the bucket; its lock file is called the same, with `.tflock` behind it. */
export function stateKey(keyPrefix: string, stackName: string): string {
  return `${keyPrefix}/${stackName}.tfstate`;
}
