import { exclusiveCoresUserData } from "../../../constructs/aws/node-user-data";
import { kubeReservedCpu } from "../../../planning/capacity/node-capacity";
import { INSTANCE_TYPES } from "../../../planning/catalogue/instance-types";

/** Type and content of each part, read as MIME. */
function parts(text: string): { readonly type: string; readonly content: string }[] {
  const boundary = /^Content-Type: multipart\/mixed; boundary="(.+)"$/m.exec(text)?.[1] ?? "";
  const [, ...rest] = text.split(`--${boundary}`);
  expect(rest.pop()).toBe("--\n");
  return rest.map((part) => {
    const [head = "", ...body] = part.split("\n\n");
    return { type: head.trim(), content: body.join("\n\n").trim() };
  });
}

it("is MIME with a NodeConfig for the kubelet and a script for the services of the node", () => {
  const text = exclusiveCoresUserData();
  expect(text).toMatch(/^MIME-Version: 1\.0\n/);
  expect(parts(text)).toEqual([
    {
      type: "Content-Type: application/node.eks.aws",
      content: [
        "---",
        "apiVersion: node.eks.aws/v1alpha1",
        "kind: NodeConfig",
        "spec:",
        "  kubelet:",
        "    config:",
        "      cpuManagerPolicy: static",
      ].join("\n"),
    },
    {
      type: 'Content-Type: text/x-shellscript; charset="us-ascii"',
      content: [
        "#!/bin/bash",
        "set -euo pipefail",
        "systemctl set-property system.slice AllowedCPUs=0",
        "systemctl set-property runtime.slice AllowedCPUs=0",
      ].join("\n"),
    },
  ]);
});

it("keeps the services to one core, because the kubelet reserves more than none and at most one on every type", () => {
  const reserved = INSTANCE_TYPES.map(({ vcpus }) => kubeReservedCpu(vcpus * 1000));
  expect(Math.min(...reserved)).toBeGreaterThan(0);
  expect(Math.max(...reserved)).toBeLessThanOrEqual(1000);
});
