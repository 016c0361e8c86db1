import { type DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster";
import { Fn } from "cdktf";

export interface EksAccessProps {
  readonly cluster: DataAwsEksCluster;
  /** The name itself and not a token of the data source, so that plans name the cluster. */
  readonly clusterName: string;
  readonly region: string;
}

/**
 * How the kubernetes and helm providers reach an EKS cluster: address and certificate from the data source, and a token that
 * the AWS CLI fetches whenever a provider needs one: it lives for 15 minutes, so a token from a data source would run out in
 * the middle of a long apply, and it would be in the state. `--output json` because the profile of a user may ask for another format, which the providers cannot read.
 *
 * The kubernetes provider takes `exec` in a list, the helm provider takes it as it is.
 * @see https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs#exec-plugins
 */
export function eksAccess({ cluster, clusterName, region }: EksAccessProps) {
  return {
    host: cluster.endpoint,
    clusterCaCertificate: Fn.base64decode(cluster.certificateAuthority.get(0).data),
    exec: {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: ["eks", "get-token", "--cluster-name", clusterName, "--region", region, "--output", "json"],
    },
  };
}
