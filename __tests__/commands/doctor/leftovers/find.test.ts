import { awsClients } from "../../../../commands/lib/aws-clients";
import { findLeftovers } from "../../../../commands/doctor/leftovers/find";
import { type Leftover } from "../../../../commands/doctor/leftovers/leftover";
import { formatLeftovers } from "../../../../commands/doctor/main";
import { runCommand } from "../../../helpers/run-command";
import { FakeAws, failure, json, result, xml } from "../../../helpers/fake-aws";

/** EKS names the error in a header. */
const NOT_FOUND = { ...json({}, 404), headers: { "x-amzn-errortype": "ResourceNotFoundException" } };

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  aws.answers = {
    DescribeVolumes: xml("DescribeVolumesResponse", "<volumeSet/>"),
    DescribeLoadBalancers: result("DescribeLoadBalancers", "<LoadBalancers/>"),
    DescribeNatGateways: xml("DescribeNatGatewaysResponse", "<natGatewaySet/>"),
    DescribeAddresses: xml("DescribeAddressesResponse", "<addressesSet/>"),
    DescribeLogGroups: json({ logGroups: [] }),
    DescribeInstances: xml("DescribeInstancesResponse", "<reservationSet/>"),
    DescribeVpcs: xml("DescribeVpcsResponse", "<vpcSet/>"),
    "GET /clusters/carepath-demo": NOT_FOUND,
    DescribeImages: failure("RepositoryNotFoundException"),
  };
});
afterEach(() => aws.stop());

const find = () =>
  findLeftovers(
    awsClients({ region: "us-east-1", endpoint: aws.url, credentials: { accessKeyId: "a", secretAccessKey: "b" } }),
    "demo",
  );

it("says that the network is dead, instead of that nothing is left", async () => {
  await aws.stop();
  const { code, stdout, stderr } = await runCommand("doctor", ["--leftovers"], {
    ...process.env,
    CAREPATH_ENV: "demo",
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^Cannot look for leftovers: AWS in us-east-1 cannot be reached: .*ECONNREFUSED/);
  expect(stderr).toContain(". Check the network, the region and the proxy of this machine, then try again.\n");
});

it("says so when nothing is left", async () => {
  expect(formatLeftovers("demo", await find())).toBe("Nothing is left of demo.");
});

it("finds the volumes of the cluster that no instance has, and prices size, iops and throughput", async () => {
  aws.answers.DescribeVolumes = xml(
    "DescribeVolumesResponse",
    `<volumeSet><item><volumeId>vol-1</volumeId><size>15</size><iops>4000</iops><throughput>225</throughput><availabilityZone>us-east-1a</availabilityZone><tagSet><item><key>kubernetes.io/created-for/pvc/name</key><value>chat-api-model-cache</value></item><item><key>kubernetes.io/created-for/pvc/namespace</key><value>carepath-demo</value></item></tagSet></item></volumeSet>`,
  );
  const [volume] = await find();
  // 15 GiB x 0.08 + 1,000 iops x 0.005 + 100 MiB/s x 0.04
  expect(volume?.monthlyCost).toBeCloseTo(1.2 + 5 + 4, 6);
  expect(volume).toMatchObject({
    kind: "volume",
    id: "vol-1",
    detail: "15 GiB in us-east-1a, claim carepath-demo/chat-api-model-cache",
    remove: "aws ec2 delete-volume --volume-id vol-1 --region us-east-1",
  });
  const asked = new URLSearchParams(aws.bodies[aws.calls.indexOf("DescribeVolumes")]);
  expect(asked.get("Filter.1.Value.1")).toBe("kubernetes.io/cluster/carepath-demo");
  expect([asked.get("Filter.2.Name"), asked.get("Filter.2.Value.1")]).toEqual(["status", "available"]);
});

it("finds load balancers by either tag and leaves those of other clusters alone", async () => {
  const balancer = (name: string) =>
    `<member><LoadBalancerArn>arn:${name}</LoadBalancerArn><LoadBalancerName>${name}</LoadBalancerName></member>`;
  const tags = (name: string, key: string, value: string) =>
    `<member><ResourceArn>arn:${name}</ResourceArn><Tags><member><Key>${key}</Key><Value>${value}</Value></member></Tags></member>`;
  aws.answers.DescribeLoadBalancers = result(
    "DescribeLoadBalancers",
    `<LoadBalancers>${balancer("mine")}${balancer("old")}${balancer("theirs")}</LoadBalancers>`,
  );
  aws.answers.DescribeTags = result(
    "DescribeTags",
    `<TagDescriptions>${tags("mine", "elbv2.k8s.aws/cluster", "carepath-demo")}${tags("old", "kubernetes.io/cluster/carepath-demo", "owned")}${tags("theirs", "elbv2.k8s.aws/cluster", "carepath-demo2")}</TagDescriptions>`,
  );
  const found = await find();
  expect(found.map(({ kind, id }) => `${kind} ${id}`)).toEqual(["load balancer mine", "load balancer old"]);
  expect(found[0]?.monthlyCost).toBeCloseTo(16.425, 6);
});

it("lists log groups, images, NAT gateways and addresses, dearest first, with a total", async () => {
  aws.answers.DescribeNatGateways = xml(
    "DescribeNatGatewaysResponse",
    "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId></item></natGatewaySet>",
  );
  aws.answers.DescribeAddresses = xml(
    "DescribeAddressesResponse",
    "<addressesSet><item><allocationId>eip-1</allocationId><publicIp>192.0.2.1</publicIp></item></addressesSet>",
  );
  aws.answers.DescribeLogGroups = json({
    logGroups: [{ logGroupName: "/aws/eks/carepath-demo/cluster", storedBytes: 2e9 }],
  });
  aws.answers.DescribeImages = json({ imageDetails: [{ imageSizeInBytes: 1e8 }, { imageSizeInBytes: 2e8 }] });
  const found = await find();
  const seen = [...new Map(found.map((entry): [string, Leftover] => [entry.id, entry])).values()];
  expect(seen.map(({ kind, id, monthlyCost }) => `${kind} ${id} ${monthlyCost.toFixed(2)}`)).toEqual([
    "NAT gateway nat-1 32.85",
    "public address eip-1 3.65",
    "log group /aws/eks/carepath-demo/cluster 0.06",
    "image repository carepath-demo/chat-service 0.03",
  ]);
  const text = formatLeftovers("demo", seen);
  expect(text).toContain(
    "$  32.85  NAT gateway nat-1 (in vpc-1)\n          aws ec2 delete-nat-gateway --nat-gateway-id nat-1 --region us-east-1\n",
  );
  expect(text).toContain("4 left, $36.59 a month");
});

it("reads every page", async () => {
  let page = 0;
  const item = (id: string) => `<item><volumeId>${id}</volumeId><size>1</size></item>`;
  Object.defineProperty(aws.answers, "DescribeVolumes", {
    get: () =>
      page++ === 0
        ? xml("R", `<volumeSet>${item("vol-1")}</volumeSet><nextToken>more</nextToken>`)
        : xml("R", `<volumeSet>${item("vol-2")}</volumeSet>`),
  });
  expect((await find()).map(({ id }) => id)).toEqual(["vol-1", "vol-2"]);
});

it("finds the cluster, its node groups and the machines, which cost most", async () => {
  aws.answers["GET /clusters/carepath-demo"] = json({ cluster: { status: "ACTIVE" } });
  aws.answers["GET /clusters/carepath-demo/node-groups"] = json({ nodegroups: ["carepath-demo-2026"] });
  aws.answers.DescribeInstances = xml(
    "DescribeInstancesResponse",
    `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>c7i.xlarge</instanceType><instanceLifecycle>spot</instanceLifecycle><instanceState><name>running</name></instanceState></item></instancesSet></item></reservationSet>`,
  );
  const found = await find();
  expect(found.map(({ kind, id, monthlyCost }) => `${kind} ${id} ${monthlyCost.toFixed(2)}`)).toEqual([
    "cluster carepath-demo 73.00",
    "instance i-1 65.15",
    "node group carepath-demo-2026 0.00",
  ]);
  expect(found[1]?.detail).toBe("c7i.xlarge spot, running");
  expect(found[2]?.remove).toBe(
    "aws eks delete-nodegroup --cluster-name carepath-demo --nodegroup-name carepath-demo-2026 --region us-east-1",
  );
});

it("names what GuardDuty has put into the VPC, before the VPC", async () => {
  aws.answers.DescribeVpcs = xml("DescribeVpcsResponse", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>");
  aws.answers.DescribeVpcEndpoints = xml(
    "DescribeVpcEndpointsResponse",
    "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId></item></vpcEndpointSet>",
  );
  aws.answers.DescribeSecurityGroups = xml(
    "DescribeSecurityGroupsResponse",
    "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>",
  );
  const found = await find();
  expect(found.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    "GuardDuty security group sg-1",
    "VPC vpc-1",
    "GuardDuty endpoint vpce-1",
  ]);
  const asked = new URLSearchParams(aws.bodies[aws.calls.indexOf("DescribeSecurityGroups")]);
  expect(asked.get("Filter.2.Value.1")).toBe("GuardDutyManagedSecurityGroup-vpc-1");
});

it("asks for exactly this environment, so that demo never names what belongs to demo2", async () => {
  await find();
  const tagged = ["DescribeInstances", "DescribeNatGateways", "DescribeAddresses", "DescribeVpcs"];
  for (const call of tagged) {
    const asked = new URLSearchParams(aws.bodies[aws.calls.indexOf(call)]);
    expect([1, 2].map((index) => [asked.get(`Filter.${index}.Name`), asked.get(`Filter.${index}.Value.1`)])).toEqual([
      ["tag:Project", "carepath-chat"],
      ["tag:Environment", "demo"],
    ]);
  }
  const prefixes = aws.bodies
    .filter((_, index) => aws.calls[index] === "DescribeLogGroups")
    .map((body) => (JSON.parse(body) as { logGroupNamePrefix: string }).logGroupNamePrefix);
  expect(prefixes).toEqual([
    "/aws/eks/carepath-demo/",
    "/aws/vpc/carepath-demo/",
    "/aws/containerinsights/carepath-demo/",
  ]);
  expect(aws.bodies.join("\n")).not.toContain("carepath-demo*");
});
