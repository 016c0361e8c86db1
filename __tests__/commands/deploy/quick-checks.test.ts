import { quickChecks } from "../../../commands/deploy/quick-checks";
import { type CheckContext } from "../../../commands/doctor/check";
import { awsClients } from "../../../commands/lib/aws-clients";
import { UsageError } from "../../../commands/lib/command-line";
import { loadConfig } from "../../../config/load";
import { failure, FakeAws, json, result } from "../../helpers/fake-aws";

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = {
    GetCallerIdentity: result("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/ann</Arn>"),
    DescribeImages: json({ imageDetails: [{}] }),
  };
});
afterEach(() => aws.stop());

function check(chat: boolean, environment = "demo", more: Partial<CheckContext> = {}): Promise<void> {
  const { config } = loadConfig({ CAREPATH_ENV: environment });
  const clients = awsClients({
    region: "us-east-1",
    endpoint: aws.url,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  const machine = { env: {}, nodeVersion: "v22.0.0", now: new Date(), run: () => undefined };
  return quickChecks({ config, ...machine, aws: config.target === "eks" ? clients : undefined, ...more }, chat);
}

it("asks for the caller and the image, in this order, and is content", async () => {
  await check(true);
  expect(aws.calls).toEqual(["GetCallerIdentity", "DescribeImages"]);
});

it("does not ask for an image where the chat stack is not deployed", async () => {
  aws.answers.DescribeImages = failure("RepositoryNotFoundException");
  await check(false);
  expect(aws.calls).toEqual(["GetCallerIdentity"]);
});

it.each([
  [
    "RepositoryNotFoundException",
    /repository carepath-demo\/chat-service does not exist yet\. It comes with the cluster/,
  ],
  ["ImageNotFoundException", /carepath-demo\/chat-service:0\.1\.0 is not in the registry\. Run `npm run image`\./],
])("refuses a deploy of the chat stack without its image: %s", async (answer, words) => {
  aws.answers.DescribeImages = failure(answer);
  await expect(check(true)).rejects.toThrow(UsageError);
  await expect(check(true)).rejects.toThrow(words);
});

it("refuses without credentials that AWS accepts, before it asks for anything else", async () => {
  aws.answers.GetCallerIdentity = { status: 403, body: "<E><Error><Code>ExpiredToken</Code></Error></E>" };
  await expect(check(true)).rejects.toThrow(/^Nothing was deployed\. AWS credentials: .*--skip-checks/);
  expect(aws.calls).toEqual(["GetCallerIdentity"]);
});

it("asks nothing of AWS for an existing cluster", async () => {
  await check(true, "local");
  expect(aws.calls).toEqual([]);
});
