import { awsClients } from "../../../commands/lib/aws-clients";
import { deployedImage } from "../../../commands/image/deployed-image";
import { type ImageRecord } from "../../../config/image-record";
import { FakeAws } from "../../helpers/fake-aws";

const KEY = "carepath-chat/carepath-demo-chat.tfstate";
const DIGEST = `sha256:${"c".repeat(64)}`;

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(() => aws.stop());

function deployed(): Promise<ImageRecord | undefined> {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const s3 = awsClients({ region: "us-east-1", endpoint: aws.url, credentials }).s3("us-east-1");
  return deployedImage({ s3, bucket: "states", key: KEY });
}

function stateWith(type: string, image: string): string {
  const spec = [{ template: [{ spec: [{ container: [{ name: "chat", image }] }] }] }];
  const other = { type: "aws_ecr_repository", instances: [{ attributes: { image: `x@sha256:${"d".repeat(64)}` } }] };
  return JSON.stringify({ version: 4, resources: [other, { type, instances: [{ attributes: { spec } }] }] });
}

it.each(["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"])(
  "is the digest that the %s of the state has",
  async (type) => {
    aws.answers = { [`GET /states/${KEY}`]: { body: stateWith(type, `acme.example.com/chat@${DIGEST}`) } };
    expect(await deployed()).toEqual({ digest: DIGEST, tag: "deployed" });
  },
);

it("is unknown where a tag is deployed", async () => {
  aws.answers = { [`GET /states/${KEY}`]: { body: stateWith("kubernetes_deployment_v1", "acme.example.com/chat:1") } };
  expect(await deployed()).toBeUndefined();
});

it("is unknown before the first deploy", async () => {
  aws.answers = { [`GET /states/${KEY}`]: { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" } };
  expect(await deployed()).toBeUndefined();
});

it("is not taken for unknown where the state may not be read", async () => {
  aws.answers = {
    [`GET /states/${KEY}`]: {
      status: 403,
      body: "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    },
  };
  await expect(deployed()).rejects.toThrow("Access Denied");
});
