import { releasesCheck } from "../../../commands/doctor/releases-check";
import { doctorAnswers, doctorContext, supportedAddons } from "../../helpers/doctor";
import { FakeAws, json } from "../../helpers/fake-aws";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = doctorAnswers();
});
afterEach(() => aws.stop());

const check = () => releasesCheck.run(doctorContext(aws));

it("is fine with what AWS recommends, and with what is newer", async () => {
  expect(await check()).toEqual({
    level: "ok",
    detail: "1.35.7-20260911 and 4 add-ons, as AWS recommends or newer",
  });
  aws.answers.GetParameter = json({ Parameter: { Value: "1.35.6-20260801" } });
  expect((await check()).level).toBe("ok");
});

it("asks for the image of the Kubernetes version", async () => {
  await check();
  expect(aws.bodies[aws.calls.indexOf("GetParameter")]).toContain(
    "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/release_version",
  );
});

it("names what is newer, and where to raise it", async () => {
  aws.answers.GetParameter = json({ Parameter: { Value: "1.35.9-20261101" } });
  aws.answers["GET /addons/supported-versions"] = supportedAddons("v1.22.10-eksbuild.1");
  expect(await check()).toEqual({
    level: "warning",
    detail:
      "nodes 1.35.7-20260911 -> 1.35.9-20261101, vpc-cni v1.22.4-eksbuild.3 -> v1.22.10-eksbuild.1, " +
      "coredns v1.13.2-eksbuild.31 -> v1.22.10-eksbuild.1, eks-pod-identity-agent v1.3.10-eksbuild.3 -> v1.22.10-eksbuild.1",
    fix: "Raise them in planning/catalogue/eks-releases.ts, read `npm run diff`, deploy: nodes are replaced one by one, each after its pods have drained.",
  });
});

it("is a problem when AWS no longer offers what is pinned", async () => {
  aws.answers["GET /addons/supported-versions"] = json({
    addons: [{ addonVersions: [{ addonVersion: "v9.0.0-eksbuild.1", compatibilities: [{ defaultVersion: true }] }] }],
  });
  expect(await check()).toMatchObject({
    level: "problem",
    fix: "Correct planning/catalogue/eks-releases.ts.",
  });
  expect((await check()).detail).toMatch(
    /^not offered for 1\.35: vpc-cni v1\.22\.4-eksbuild\.3 \(the default is v9\.0\.0-eksbuild\.1\), kube-proxy /,
  );
});
