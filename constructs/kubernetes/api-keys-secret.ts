import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import { TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";

import { API_KEYS_VARIABLE } from "../../config/names";
import { SECRET_KEYS } from "../../service/src/contract";
import { workloadLabels } from "./workload-labels";

export interface ApiKeysSecretProps {
  /** Name of the workload; the Secret is `<name>-keys`. */
  readonly name: string;
  readonly namespace: string;
  /** Raised when the keys have changed; 1 or more. */
  readonly revision: number;
}

/**
 * The API keys of the service, from a Terraform variable into a Secret, without a trace on the way.
 *
 * The variable is ephemeral and the Secret takes it through the write-only attribute `data_wo`, so the keys are in no
 * file that synth writes, in no plan and in no state. Terraform therefore cannot see that they changed: it sends them
 * again when the revision is raised (the provider does not send them at all below 1). The revision comes from the configuration:
 * in a variable of the shell it would be forgotten, and the next plan would send older keys.
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only (Terraform 1.11)
 */
export class ApiKeysSecret extends Construct {
  readonly secretName: string;
  readonly secret: SecretV1;

  constructor(scope: Construct, id: string, { name, namespace, revision }: ApiKeysSecretProps) {
    super(scope, id);
    // An older Terraform would complain about an unsupported argument; this way it names the version that it needs.
    TerraformStack.of(this).addOverride("terraform.required_version", ">= 1.11.0");
    this.secretName = `${name}-keys`;
    const keys = new TerraformVariable(this, "keys", {
      type: "string",
      description:
        "API keys of the chat service, one a line. Kept out of plan and state, so for a diff alone any text will do.",
      sensitive: true,
      nullable: false,
      validation: [
        {
          // The service skips blank lines and comments; a file with nothing else would lock everyone out.
          condition: `\${length([for line in split("\\n", var.${API_KEYS_VARIABLE}) : line if trimspace(line) != "" && !startswith(trimspace(line), "#")]) > 0}`,
          errorMessage: `${API_KEYS_VARIABLE} holds no key: the service would refuse every request. Set TF_VAR_${API_KEYS_VARIABLE} to one key a line.`,
        },
      ],
    });
    keys.overrideLogicalId(API_KEYS_VARIABLE);
    // cdktf 0.21 has no property for it.
    keys.addOverride("ephemeral", true);
    this.secret = new SecretV1(this, "secret", {
      metadata: { name: this.secretName, namespace, labels: workloadLabels(name) },
      type: "Opaque",
      dataWo: { [SECRET_KEYS.apiKeys]: keys.stringValue },
      dataWoRevision: revision,
    });
  }
}
