import { administratorsCheck } from "../../../commands/doctor/administrators-check";
import { doctorAnswers, doctorContext, EKS_NOT_FOUND, eksConfig } from "../../helpers/doctor";
import { FakeAws, json, result } from "../../helpers/fake-aws";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = doctorAnswers();
});
afterEach(() => aws.stop());

const CLUSTER = "GET /clusters/carepath-demo";
const ROLE = "arn:aws:iam::111122223333:role/team/platform";

const check = (adminPrincipalArns: string[]) => {
  const config = eksConfig((eks) => ({ ...eks, cluster: { ...eks.cluster, adminPrincipalArns } }));
  return administratorsCheck.run(doctorContext(aws, { config }));
};

const caller = (arn: string) =>
  (aws.answers.GetCallerIdentity = result("GetCallerIdentity", `<Arn>${arn}</Arn><Account>111122223333</Account>`));

describe("before the first deploy", () => {
  beforeEach(() => (aws.answers[CLUSTER] = EKS_NOT_FOUND));

  it.each([
    ["arn:aws:sts::111122223333:assumed-role/platform/ann", ROLE, "problem"],
    ["arn:aws:sts::111122223333:assumed-role/other/ann", ROLE, "ok"],
    ["arn:aws:sts::444455556666:assumed-role/platform/ann", ROLE, "ok"],
    ["arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/ann", "problem"],
    ["arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:role/ann", "ok"],
  ])("the caller %s beside %s is %s", async (arn, listed, level) => {
    caller(arn);
    expect((await check([listed])).level).toBe(level);
  });

  it("says what to take out", async () => {
    caller("arn:aws:sts::111122223333:assumed-role/platform/ann");
    expect(await check(["arn:aws:iam::111122223333:role/other", ROLE])).toEqual({
      level: "problem",
      detail: `${ROLE}: has its access entry as the creator of the cluster, and EKS refuses a second one (409)`,
      fix: "Take it out of CAREPATH_ADMIN_ARNS or cluster.adminPrincipalArns: the creator is an administrator already.",
    });
  });
});

describe("on a cluster that is there", () => {
  const entry = `${CLUSTER}/access-entries/${encodeURIComponent(ROLE)}`;
  beforeEach(() => (aws.answers[CLUSTER] = json({ cluster: {} })));

  it.each([
    [json({ accessEntry: { tags: {} } }), "problem"],
    [json({ accessEntry: { tags: { Project: "carepath-chat" } } }), "ok"],
    [EKS_NOT_FOUND, "ok"],
  ])("an entry %j is a %s", async (answer, level) => {
    aws.answers[entry] = answer;
    expect((await check([ROLE])).level).toBe(level);
  });
});
