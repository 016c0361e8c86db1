import { DescribeAddonVersionsCommand } from "@aws-sdk/client-eks";
import { GetParameterCommand } from "@aws-sdk/client-ssm";

import { EKS_RELEASES, type AddonName } from "../../planning/catalogue/eks-releases";
import { type AwsClients } from "../lib/aws-clients";
import { ok, problem, warning } from "./check";
import { eksCheck } from "./eks-check";

const PLACE = "planning/catalogue/eks-releases.ts";

/** Nodes and add-ons are pinned; this says when AWS recommends something newer, or no longer offers what is pinned. */
export const releasesCheck = eksCheck(
  "node image, add-ons",
  async (aws, { cluster: { kubernetesVersion: version } }) => {
    const { nodeImage, addons } = EKS_RELEASES[version];
    const newer: string[] = [];
    const gone: string[] = [];
    const recommended = await recommendedImage(aws, version);
    // Releases of one Kubernetes version end in their date.
    if (date(recommended) > date(nodeImage)) newer.push(`nodes ${nodeImage} -> ${recommended}`);
    for (const [name, pinned] of Object.entries(addons) as [AddonName, string][]) {
      const { offered, standard } = await addonVersions(aws, name, version);
      if (!offered.includes(pinned)) gone.push(`${name} ${pinned} (the default is ${standard})`);
      else if (isNewer(standard, pinned)) newer.push(`${name} ${pinned} -> ${standard}`);
    }
    if (gone.length > 0) return problem(`not offered for ${version}: ${gone.join(", ")}`, `Correct ${PLACE}.`);
    if (newer.length === 0)
      return ok(`${nodeImage} and ${Object.keys(addons).length} add-ons, as AWS recommends or newer`);
    return warning(
      newer.join(", "),
      `Raise them in ${PLACE}, read \`npm run diff\`, deploy: nodes are replaced one by one, each after its pods have drained.`,
    );
  },
);

/** The same release for both architectures. @see https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html */
async function recommendedImage({ ssm }: AwsClients, version: string): Promise<string> {
  const Name = `/aws/service/eks/optimized-ami/${version}/amazon-linux-2023/x86_64/standard/recommended/release_version`;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
  return Parameter?.Value ?? "";
}

function date(release: string): string {
  return release.replace(/^.*-/, "");
}

async function addonVersions(
  { eks }: AwsClients,
  addonName: AddonName,
  kubernetesVersion: string,
): Promise<{ readonly offered: readonly string[]; readonly standard: string }> {
  const { addons = [] } = await eks.send(new DescribeAddonVersionsCommand({ addonName, kubernetesVersion }));
  const versions = addons[0]?.addonVersions ?? [];
  const standard = versions.find(({ compatibilities = [] }) => compatibilities.some((each) => each.defaultVersion));
  return { offered: versions.flatMap((each) => each.addonVersion ?? []), standard: standard?.addonVersion ?? "" };
}

/** `v1.22.4-eksbuild.3`, number by number. */
function isNewer(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number));
  const index = (left ?? []).findIndex((number, place) => number !== right?.[place]);
  return index >= 0 && (left?.[index] ?? 0) > (right?.[index] ?? 0);
}
