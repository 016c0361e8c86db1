import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { mirrorModel } from "../../../commands/model/mirror";
import { UsageError } from "../../../commands/lib/command-line";
import { awsClients } from "../../../commands/lib/aws-clients";
import { FakeAws } from "../../helpers/fake-aws";

const CONTENT = Buffer.from("GGUF and its weights");
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const KEY = "acme/chat/resolve/main/model.gguf";

const hub = createServer((_, response) => response.end(CONTENT));
const folder = mkdtempSync(join(tmpdir(), "mirror-test-"));
let aws: FakeAws;
const said: string[] = [];

beforeAll(() => new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve)));
afterAll(async () => {
  await new Promise((resolve) => hub.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = { [`HEAD /models/${KEY}`]: { status: 404 }, [`PUT /models/${KEY}`]: { headers: { etag: '"1"' } } };
  said.length = 0;
});
afterEach(() => aws.stop());

function mirror(more: { file?: string; sha256?: string; bytes?: number; hub?: string } = {}): Promise<void> {
  const { file, sha256 = SHA256, bytes = CONTENT.length } = more;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const url = `${more.hub ?? `http://127.0.0.1:${(hub.address() as AddressInfo).port}`}/${KEY}`;
  return mirrorModel({
    s3: awsClients({ region: "us-east-1", endpoint: aws.url, credentials }).s3("us-east-1"),
    bucket: "models",
    model: { url, bytes, sha256 },
    file,
    say: (line) => said.push(line),
  });
}

it("uploads what the hub sends under the path of its URL, where the service looks for it", async () => {
  await mirror();
  expect(aws.calls).toEqual([`HEAD /models/${KEY}`, `PUT /models/${KEY}`]);
  expect(aws.bodies[1]).toContain(CONTENT.toString());
  expect(said.at(-1)).toMatch(/^Done\./);
});

it("takes a file that is on this machine", async () => {
  const file = join(folder, "mine.gguf");
  writeFileSync(file, CONTENT);
  await mirror({ file });
  expect(said[0]).toMatch(/^Uploading .* to s3:\/\/models\/acme/);
});

it("says what to do where the hub cannot be reached", async () => {
  await expect(mirror({ hub: "http://127.0.0.1:9" })).rejects.toThrow(
    new UsageError(
      `http://127.0.0.1:9/${KEY} cannot be reached (bad port). Download the file in another way and name it with --file.`,
    ),
  );
});

it("leaves what is there alone", async () => {
  aws.answers[`HEAD /models/${KEY}`] = {
    headers: { "content-length": String(CONTENT.length), "x-amz-meta-sha256": SHA256 },
  };
  await mirror();
  expect(said).toEqual([`Already there: s3://models/${KEY}`]);
  expect(aws.calls).toHaveLength(1);
});

it.each([
  ["another sha256", { sha256: "0".repeat(64) }, /has the sha256 [0-9a-f]{64}, and the model has 0+\. Nothing was/],
  ["another size", { bytes: 5 }, /has 20 bytes, and the model has 5\. Nothing was uploaded\./],
])("uploads nothing with %s", async (_, facts, words) => {
  await expect(mirror(facts)).rejects.toThrow(words);
  expect(aws.calls).toEqual([`HEAD /models/${KEY}`]);
});
