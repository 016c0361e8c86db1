import { waitForVolumes } from "../../../commands/destroy/volume-wait";
import { awsClients } from "../../../commands/lib/aws-clients";
import { failure, FakeAws, xml, type FakeAnswer } from "../../helpers/fake-aws";

let aws: FakeAws;
const said: string[] = [];

beforeEach(async () => {
  aws = await FakeAws.start();
  said.length = 0;
});
afterEach(() => aws.stop());

const volumes = (...ids: string[]) =>
  xml(
    "DescribeVolumesResponse",
    `<volumeSet>${ids.map((id) => `<item><volumeId>${id}</volumeId><status>in-use</status></item>`).join("")}</volumeSet>`,
  );

function waits(...answers: FakeAnswer[]): Promise<boolean> {
  Object.defineProperty(aws.answers, "DescribeVolumes", {
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  });
  return waitForVolumes({
    aws: awsClients({
      region: "us-east-1",
      endpoint: aws.url,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    }),
    cluster: "carepath-demo",
    namespace: "chat",
    say: (line) => said.push(line),
    seconds: 0.03,
    pauseSeconds: 0.01,
  });
}

it("goes on once the last volume is gone, and asks for those of the cluster and the namespace only", async () => {
  expect(await waits(volumes("vol-1", "vol-2"), volumes("vol-2"), volumes())).toBe(true);
  expect(said).toEqual(["Waiting for the EBS CSI driver to delete vol-1, vol-2"]);
  expect(aws.calls).toHaveLength(3);
  const asked = new URLSearchParams(aws.bodies[0]);
  expect(asked.get("Filter.1.Value.1")).toBe("kubernetes.io/cluster/carepath-demo");
  expect([asked.get("Filter.2.Name"), asked.get("Filter.2.Value.1")]).toEqual([
    "tag:kubernetes.io/created-for/pvc/namespace",
    "chat",
  ]);
});

it("keeps the driver where a volume stays, and names it", async () => {
  expect(await waits(volumes("vol-1"))).toBe(false);
  expect(said.at(-1)).toMatch(/^Not deleted after 0\.03 s: vol-1\. The platform stack was kept/);
});

it("does not stop a destroy where AWS refuses the question", async () => {
  expect(await waits(failure("UnauthorizedOperation"))).toBe(true);
  expect(said).toEqual([expect.stringMatching(/^Cannot ask AWS whether the volumes of chat are gone: /)]);
});
