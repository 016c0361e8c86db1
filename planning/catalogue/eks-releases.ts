/**
 * What the nodes and add-ons of a cluster run, for each Kubernetes version that an environment can choose: **one place to
 * review**. Nothing moves by itself: `npm run doctor` says when AWS recommends something newer, an edit here is the
 * upgrade, and its diff shows it.
 *
 * Sources: node images from https://github.com/awslabs/amazon-eks-ami/releases; add-ons as
 * `aws eks describe-addon-versions --kubernetes-version VERSION` marks the default (1.35) or the latest (1.36), as public
 * configurations of September 2026 have them.
 */

/** An EKS add-on that this project installs. */
export type AddonName = "vpc-cni" | "kube-proxy" | "coredns" | "eks-pod-identity-agent";

export interface EksRelease {
  /** Release of the EKS-optimized AL2023 image, for both architectures: Kubernetes patch and date. */
  readonly nodeImage: string;
  readonly addons: Readonly<Record<AddonName, string>>;
}

export const EKS_RELEASES = {
  "1.35": {
    nodeImage: "1.35.7-20260911",
    addons: {
      "vpc-cni": "v1.22.4-eksbuild.3",
      "kube-proxy": "v1.35.3-eksbuild.29",
      coredns: "v1.13.2-eksbuild.31",
      "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    },
  },
  "1.36": {
    nodeImage: "1.36.3-20260911",
    addons: {
      "vpc-cni": "v1.22.4-eksbuild.3",
      "kube-proxy": "v1.36.0-eksbuild.25",
      coredns: "v1.14.3-eksbuild.23",
      "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    },
  },
} as const satisfies Readonly<Record<string, EksRelease>>;

export type KubernetesVersion = keyof typeof EKS_RELEASES;

export const KUBERNETES_VERSIONS = Object.keys(EKS_RELEASES) as KubernetesVersion[];
