/** The node's core that the kubelet reserves: it takes them in ascending order, and what EKS reserves is less than one. */
const SHARED_CORE = "0";

/** Slices of the EKS AMI: the services of the system, and the kubelet with the container runtime. Pods are in neither. */
const SLICES = ["system.slice", "runtime.slice"] as const;

const BOUNDARY = "exclusive-cores";

/**
 * User data of a node on which a Guaranteed pod gets its whole cores for itself: no other pod runs on them (the kubelet's static
 * CPU manager), and the services of the node keep to the core that the kubelet reserves. What EKS adds for the node to join
 * is merged with it.
 *
 * `reservedSystemCPUs` would name the core, but conflicts with the cgroups that the AMI reserves
 * (https://github.com/awslabs/amazon-eks-ami/issues/2794), so the reservation of the AMI stays as it is.
 * @see https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/#static-policy-configuration
 * @see https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-user-data
 */
export function exclusiveCoresUserData(): string {
  const parts = [
    ["application/node.eks.aws", NODE_CONFIG],
    ['text/x-shellscript; charset="us-ascii"', KEEP_SERVICES],
  ].map(([type = "", content = ""]) => `--${BOUNDARY}\nContent-Type: ${type}\n\n${content}\n`);
  return `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${BOUNDARY}"\n\n${parts.join("")}--${BOUNDARY}--\n`;
}

const NODE_CONFIG = `---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  kubelet:
    config:
      cpuManagerPolicy: static
`;

const KEEP_SERVICES = `#!/bin/bash
set -euo pipefail
${SLICES.map((slice) => `systemctl set-property ${slice} AllowedCPUs=${SHARED_CORE}`).join("\n")}
`;
