import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct } from "constructs";

export interface EncryptionKeyProps {
  /** Alias without its `alias/` prefix. */
  readonly alias: string;
  readonly description: string;
  /** Days between `destroy` and the end of the key, 7 to 30: until then it can be restored. */
  readonly deletionWindowDays: number;
}

/** A KMS key that rotates every year. Its policy is the default one: the IAM policies of the account decide. */
export class EncryptionKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { alias, description, deletionWindowDays }: EncryptionKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, "key", {
      description,
      enableKeyRotation: true,
      deletionWindowInDays: deletionWindowDays,
    });
    new KmsAlias(this, "alias", { name: `alias/${alias}`, targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}
