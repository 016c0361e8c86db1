import { GetEbsDefaultKmsKeyIdCommand } from "@aws-sdk/client-ec2";

import { ok, problem } from "./check";
import { eksCheck } from "./eks-check";

/**
 * With a customer-managed default key, EC2 Auto Scaling starts no node (`Client.InternalError`) and the driver makes no
 * volume until both have their grants. The default key of AWS needs none.
 */
export const volumeKeyCheck = eksCheck("volume key", async ({ ec2, region }, { storage }) => {
  if (storage.kmsKeyArn !== undefined) return ok(`${storage.kmsKeyArn}, with its grants in the cluster stack`);
  const { KmsKeyId = "" } = await ec2.send(new GetEbsDefaultKmsKeyIdCommand({}));
  if (KmsKeyId === "alias/aws/ebs") return ok("the key of AWS for EBS");
  return problem(
    `the default key of this account for EBS in ${region} is ${KmsKeyId}: neither nodes nor volumes may use it`,
    `Write storage: { kmsKeyArn: "${KmsKeyId}" } into the environment's file, which gives them their grants.`,
  );
});
