import { setTimeout as sleep } from "node:timers/promises";

import { DescribeVolumesCommand } from "@aws-sdk/client-ec2";

import { type AwsClients } from "../lib/aws-clients";
import { errorLine } from "../lib/command-line";

export interface VolumeWaitProps {
  readonly aws: Pick<AwsClients, "ec2">;
  /** Name of the EKS cluster. */
  readonly cluster: string;
  /** Namespace of the claims. */
  readonly namespace: string;
  readonly say: (line: string) => void;
  /** @default 600 */
  readonly seconds?: number;
  /** Between two questions. @default 5 */
  readonly pauseSeconds?: number;
}

/**
 * Waits until the EBS CSI driver has deleted the volumes of a namespace. A claim is gone before its volume, and without the
 * driver, which goes with the platform stack, the volume would stay and cost money.
 * @returns whether they are gone; true as well where AWS cannot be asked, since that must not stop a destroy
 */
export async function waitForVolumes(props: VolumeWaitProps): Promise<boolean> {
  const { namespace, say, seconds = 600, pauseSeconds = 5 } = props;
  const attempts = Math.max(1, Math.ceil(seconds / pauseSeconds));
  for (let attempt = 1; ; attempt += 1) {
    let ids: string[];
    try {
      ids = await volumesOf(props);
    } catch (error) {
      say(`Cannot ask AWS whether the volumes of ${namespace} are gone: ${errorLine(error)}`);
      return true;
    }
    if (ids.length === 0) return true;
    if (attempt === 1) say(`Waiting for the EBS CSI driver to delete ${ids.join(", ")}`);
    if (attempt >= attempts) {
      say(
        `Not deleted after ${seconds} s: ${ids.join(", ")}. The platform stack was kept, because its driver deletes them. ` +
          `Read \`kubectl get persistentvolumes\`, then run npm run destroy again.`,
      );
      return false;
    }
    await sleep(pauseSeconds * 1000);
  }
}

/** The driver tags its volumes with the cluster and with the claim that they were made for. */
async function volumesOf({ aws, cluster, namespace }: VolumeWaitProps): Promise<string[]> {
  const { Volumes = [] } = await aws.ec2.send(
    new DescribeVolumesCommand({
      Filters: [
        { Name: "tag-key", Values: [`kubernetes.io/cluster/${cluster}`] },
        { Name: "tag:kubernetes.io/created-for/pvc/namespace", Values: [namespace] },
      ],
    }),
  );
  return Volumes.flatMap(({ VolumeId, State }) => (VolumeId === undefined || State === "deleting" ? [] : [VolumeId]));
}
