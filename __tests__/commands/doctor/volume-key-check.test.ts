import { volumeKeyCheck } from "../../../commands/doctor/volume-key-check";
import { doctorAnswers, doctorContext, eksConfig } from "../../helpers/doctor";
import { FakeAws, xml } from "../../helpers/fake-aws";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = doctorAnswers();
});
afterEach(() => aws.stop());

const KEY = "arn:aws:kms:us-east-1:123456789012:key/own";

it("is fine with the key of AWS", async () => {
  expect(await volumeKeyCheck.run(doctorContext(aws))).toEqual({ level: "ok", detail: "the key of AWS for EBS" });
});

it("is a problem with a default key that neither nodes nor volumes may use", async () => {
  aws.answers.GetEbsDefaultKmsKeyId = xml("GetEbsDefaultKmsKeyIdResponse", `<kmsKeyId>${KEY}</kmsKeyId>`);
  expect(await volumeKeyCheck.run(doctorContext(aws))).toEqual({
    level: "problem",
    detail: `the default key of this account for EBS in us-east-1 is ${KEY}: neither nodes nor volumes may use it`,
    fix: `Write storage: { kmsKeyArn: "${KEY}" } into the environment's file, which gives them their grants.`,
  });
});

it("asks no further where the environment names its key", async () => {
  const config = eksConfig((eks) => ({ ...eks, storage: { ...eks.storage, kmsKeyArn: KEY } }));
  expect(await volumeKeyCheck.run(doctorContext(aws, { config }))).toEqual({
    level: "ok",
    detail: `${KEY}, with its grants in the cluster stack`,
  });
  expect(aws.calls).toEqual([]);
});
