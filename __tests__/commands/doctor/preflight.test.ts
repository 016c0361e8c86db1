import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { inspectConfig, loadConfig } from "../../../config/load";
import { type AppConfig } from "../../../config/schema";
import { awsClients } from "../../../commands/lib/aws-clients";
import { type CheckContext, type Finding } from "../../../commands/doctor/check";
import { configurationLines, exitCode, formatLines, preflight } from "../../../commands/doctor/preflight";
import { DIGEST, doctorAnswers, doctorContext, eksConfig, instance } from "../../helpers/doctor";
import { FakeAws, failure, json, xml } from "../../helpers/fake-aws";

let aws: FakeAws;
let home: string;
beforeEach(async () => {
  aws = await FakeAws.start();
  home = mkdtempSync(join(tmpdir(), "doctor-"));
  aws.answers = doctorAnswers();
});
afterEach(async () => {
  await aws.stop();
  rmSync(home, { recursive: true });
});

const context = (more: Partial<CheckContext> = {}) => doctorContext(aws, { env: { HOME: home }, ...more });

async function findings(more: Partial<CheckContext> = {}): Promise<Record<string, Finding>> {
  const lines = await preflight(context(more));
  return Object.fromEntries(lines.map(({ title, ...finding }) => [title, finding]));
}

it("finds nothing to complain about where everything is in place", async () => {
  const lines = await preflight(context());
  expect(lines.map(({ title, level, detail }) => `${level} ${title}: ${detail}`)).toEqual([
    "ok Node: v22.12.0",
    "ok terraform: 1.11.4",
    "ok aws CLI: 2.15.0",
    "ok kubectl: v1.35.0",
    "ok container tool: podman",
    `skipped kubeconfig: ${home}/.kube/config is not there or not readable; a deploy does not need it`,
    "skipped cluster: only asked of an existing cluster",
    "skipped StorageClass: only asked of an existing cluster",
    "skipped room on a node: only asked of an existing cluster",
    "ok API access: 52.94.236.248/32",
    "skipped pull requests: no repository may diff or deploy",
    "skipped API keys: the environment has none: only its own namespace reaches the service",
    "skipped custom kinds: the environment makes no objects of such kinds",
    "ok EKS version: 1.35, in standard support until 2027-03-27 (EKS)",
    "ok AWS credentials: account 111122223333 as arn:aws:iam::111122223333:user/ann",
    "skipped administrators: none besides the creator of the cluster",
    "ok region and zones: us-east-1: us-east-1a, us-east-1b",
    "skipped existing network: the cluster stack makes its own",
    "ok instance type: c7i.xlarge or c7a.xlarge is offered in us-east-1a",
    "ok vCPU quota: 1 to 2 x c7i.xlarge = 4 to 8 vCPUs; 28 of 32 are free",
    "ok Elastic IP quota: 1 for NAT gateways; 30 of 32 are free",
    "ok volume key: the key of AWS for EBS",
    "ok node image, add-ons: 1.35.7-20260911 and 4 add-ons, as AWS recommends or newer",
    "ok state: bucket states in us-east-1, versioned",
    `ok image: carepath-demo/chat-service@${DIGEST}, pushed 2026-11-01`,
    "skipped host: the environment has no HTTPS",
  ]);
  expect(exitCode(lines)).toBe(0);
});

it.each([
  ["v20.8.1", "problem"],
  ["v20.9.0", "ok"],
  ["v24.99.9", "ok"],
  ["v25.0.0", "problem"],
])("takes Node %s as %s", async (nodeVersion, level) => {
  expect((await findings({ nodeVersion })).Node?.level).toBe(level);
});

it.each([
  [
    "terraform",
    { terraform: '{"terraform_version": "1.10.9"}' },
    "problem",
    '"terraform" is version 1.10.9, and the stacks need write-only attributes and S3 lock files.',
  ],
  ["terraform", { terraform: '{"terraform_version": "1.11.0"}' }, "ok", "1.11.0"],
  ["terraform", {}, "problem", '"terraform" cannot be run.'],
  ["aws CLI", { aws: "aws-cli/1.27.159 Python" }, "problem", "1.27.159; 1.27.160 or newer is needed"],
  ["aws CLI", { aws: "aws-cli/1.27.160 Python" }, "ok", "1.27.160"],
  ["aws CLI", { aws: "aws-cli/2.12.2 Python" }, "problem", "2.12.2; 2.12.3 or newer is needed"],
  ["aws CLI", {}, "problem", "not found on the PATH"],
  ["kubectl", {}, "warning", "not found on the PATH"],
  ["kubectl", kubectl("v1.34.9"), "ok", "v1.34.9"],
  ["kubectl", kubectl("v1.36.0"), "ok", "v1.36.0"],
  [
    "kubectl",
    kubectl("v1.33.9"),
    "warning",
    "v1.33.9; the cluster is 1.35, and kubectl may be one minor version apart",
  ],
  [
    "kubectl",
    kubectl("v1.37.0"),
    "warning",
    "v1.37.0; the cluster is 1.35, and kubectl may be one minor version apart",
  ],
  ["container tool", { buildah: "buildah version 1.38" }, "ok", "buildah"],
  ["container tool", {}, "warning", "neither docker nor podman nor buildah on the PATH"],
])("checks the version of %s: %j", async (title, tools: Record<string, string>, level, detail) => {
  const finding = (await findings({ run: (command) => tools[command] }))[title];
  expect(finding).toMatchObject({ level, detail });
  if (level !== "ok") expect(finding?.fix).toMatch(/^Install /);
});

function kubectl(version: string): Record<string, string> {
  return { kubectl: `{"clientVersion":{"gitVersion":"${version}"}}` };
}

describe("API access", () => {
  it("is a problem with the placeholder of the demo, as it is for deploy", async () => {
    const { config } = loadConfig({ CAREPATH_ENV: "demo" });
    expect((await findings({ config }))["API access"]).toEqual({
      level: "problem",
      detail:
        "cluster.endpoint.publicAccessCidrs (203.0.113.0/24): is no real network, so the platform stack could not reach the cluster.",
      fix: 'Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"`.',
    });
  });

  it("is a problem where the endpoint is private in a new VPC, unless this machine is said to be inside", async () => {
    const access = async (deployFromInside: boolean) => {
      const endpoint = { publicAccess: false, publicAccessCidrs: [], allowAnyCidr: false, deployFromInside };
      const config = eksConfig((eks) => ({ ...eks, cluster: { ...eks.cluster, endpoint } }));
      return (await findings({ config }))["API access"];
    };
    expect(await access(false)).toEqual({
      level: "problem",
      detail:
        "cluster.endpoint.publicAccess (false): is a private address in a VPC that this deploy makes, so the platform stack could not reach the cluster.",
      fix:
        'Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"`, or, where a VPN or a peered network ' +
        "leads into that VPC, `export CAREPATH_DEPLOY_FROM_INSIDE=true`.",
    });
    expect(await access(true)).toEqual({ level: "ok", detail: "private, and this machine is said to be inside" });
  });

  it("is not asked of an existing cluster", async () => {
    const { config: local } = loadConfig({ CAREPATH_ENV: "local" });
    expect((await findings({ config: local }))["API access"]?.level).toBe("skipped");
  });
});

describe("pull requests", () => {
  const diffedBy = async (githubRepository: string) => {
    const config = eksConfig((eks) => ({ ...eks, pullRequests: { githubRepository } }));
    return (await findings({ config }))["pull requests"];
  };

  it("are asked of the role that deploys as well", async () => {
    const deployments = { githubRepository: "acme/chat", githubEnvironment: "live" };
    const config = eksConfig((eks) => ({ ...eks, deployments }));
    expect((await findings({ config }))["pull requests"]).toMatchObject({ level: "warning" });
  });

  it("get the command that shows the ids of their repository", async () => {
    expect(await diffedBy("acme/chat")).toEqual({
      level: "warning",
      detail:
        "acme/chat, without the ids that tokens have since 15 July 2026 (new, renamed and transferred repositories, and those that opted in)",
      fix:
        `Run \`export CAREPATH_GITHUB_REPOSITORY="$(gh api repos/acme/chat --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"')"\`, ` +
        "and deploy the cluster stack.",
    });
  });

  it("are fine with the ids", async () => {
    expect(await diffedBy("acme@12/chat@34")).toEqual({ level: "ok", detail: "acme@12/chat@34" });
  });
});

it("advises no bucket for a cluster on this machine", async () => {
  const { config } = loadConfig({ CAREPATH_ENV: "local" });
  expect((await findings({ config })).state).toEqual({
    level: "ok",
    detail: "a local file, as fits a cluster on this machine",
  });
});

describe("without credentials", () => {
  it("says what it skips, still runs the rest, and does not fail", async () => {
    const clients = awsClients({ region: "us-east-1", endpoint: aws.url });
    const none = () =>
      Promise.reject(Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" }));
    clients.sts.config.credentials = none as typeof clients.sts.config.credentials;
    clients.eks.config.credentials = none as typeof clients.eks.config.credentials;
    const lines = await preflight(
      context({ aws: { ...clients, s3: () => Object.assign(clients.s3("us-east-1"), { send: none }) } }),
    );
    expect(
      lines
        .filter(({ level, detail }) => level === "skipped" && !/only asked of|may diff/.test(detail))
        .map(({ title, detail }) => `${title}: ${detail}`)
        .slice(1),
    ).toEqual([
      "API keys: the environment has none: only its own namespace reaches the service",
      "custom kinds: the environment makes no objects of such kinds",
      "AWS credentials: none found",
      "administrators: needs AWS credentials",
      "region and zones: needs AWS credentials",
      "existing network: needs AWS credentials",
      "instance type: needs AWS credentials",
      "vCPU quota: needs AWS credentials",
      "Elastic IP quota: needs AWS credentials",
      "volume key: needs AWS credentials",
      "node image, add-ons: needs AWS credentials",
      "state: needs AWS credentials",
      "image: needs AWS credentials",
      "host: needs AWS credentials",
    ]);
    expect(lines.find(({ title }) => title === "EKS version")?.detail).toBe(
      "1.35, in standard support until 2027-03-27 (calendar of 2026-09-16)",
    );
    expect(exitCode(lines)).toBe(0);
    expect(aws.calls).toEqual([]);
  });

  it("reports credentials that AWS refuses as a problem", async () => {
    aws.answers.GetCallerIdentity = {
      status: 403,
      body: "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The token has expired</Message></Error></ErrorResponse>",
    };
    const found = await findings();
    expect(found["AWS credentials"]?.level).toBe("problem");
    expect(found["AWS credentials"]?.detail).toContain("ExpiredToken");
    expect(found["vCPU quota"]).toEqual({ level: "skipped", detail: "needs AWS credentials" });
  });
});

describe("the EKS version", () => {
  it.each([
    ["2027-01-26T00:00:00Z", "ok"],
    ["2027-01-27T00:00:00Z", "warning"],
    ["2027-03-27T00:00:00Z", "warning"],
    ["2027-03-28T00:00:00Z", "problem"],
  ])("on %s is %s", async (now, level) => {
    expect((await findings({ now: new Date(now) }))["EKS version"]?.level).toBe(level);
  });

  it("is a warning when it is in no list", async () => {
    aws.answers["GET /cluster-versions"] = json({ clusterVersions: [] });
    const config = eksConfig((eks) => ({ ...eks, cluster: { ...eks.cluster, kubernetesVersion: "1.99" as "1.35" } }));
    expect((await findings({ config }))["EKS version"]).toEqual({
      level: "warning",
      detail: "1.99 is in no list of versions known here (2026-09-16)",
      fix: "Check: aws eks describe-cluster-versions --region us-east-1",
    });
  });
});

it("answers for production without its variables, and lists them as problems of the configuration", async () => {
  const { config, problems } = inspectConfig({ CAREPATH_ENV: "production", CAREPATH_API_CIDRS: "198.100.1.7/32" });
  const everywhere = ["a", "b", "c"].map((zone) => `<item><location>us-east-1${zone}</location></item>`).join("");
  aws.answers.DescribeInstanceTypeOfferings = xml(
    "R",
    `<instanceTypeOfferingSet>${everywhere}</instanceTypeOfferingSet>`,
  );
  const lines = [...configurationLines(problems), ...(await preflight(context({ config })))];
  expect(lines.filter(({ level }) => level === "problem").map(({ title, detail }) => [title, detail])).toEqual([
    ["configuration", expect.stringMatching(/^state\.type \("local"\): must be "s3" in production/)],
    ["configuration", expect.stringMatching(/^chat\.image \(\{\}\): needs a digest or a tag/)],
    ["configuration", expect.stringMatching(/^chat\.exposure\.host \(not set\)/)],
    ["configuration", expect.stringMatching(/^chat\.exposure\.certificateArn \(not set\)/)],
    ["configuration", expect.stringMatching(/^chat\.exposure\.sourceCidrs \(\[\]\)/)],
  ]);
  expect(lines.find(({ title }) => title === "instance type")?.level).toBe("ok");
  expect(exitCode(lines)).toBe(1);
});

it("colours the words on a terminal, and nothing in a pipe", () => {
  const lines = [{ title: "Node", level: "ok", detail: "v22" } as const];
  expect(formatLines(lines, true)).toContain("\u001b[32mok     \u001b[0m  Node  v22");
  expect(formatLines(lines)).not.toContain("\u001b");
});

it("names the zones to choose from when one is not available", async () => {
  const config = eksConfig((eks) => ({ ...eks, network: { ...eks.network, zones: ["us-east-1a", "us-east-1x"] } }));
  expect((await findings({ config }))["region and zones"]).toEqual({
    level: "problem",
    detail: "us-east-1x: not available to this account in us-east-1",
    fix: "Set network.zones, or CAREPATH_ZONES, to two or three of us-east-1a, us-east-1b, us-east-1c.",
  });
});

it("refuses a zone whose place EKS does not serve, whatever letter the account gives it", async () => {
  const { body = "", ...rest } = aws.answers.DescribeAvailabilityZones ?? {};
  aws.answers.DescribeAvailabilityZones = { ...rest, body: body.replace("use1-az1", "use1-az3") };
  expect((await findings())["region and zones"]).toEqual({
    level: "problem",
    detail: "us-east-1b is use1-az3, which EKS refuses",
    fix: "Set network.zones, or CAREPATH_ZONES, to two or three of us-east-1a, us-east-1c.",
  });
});

it("names the zones that have the instance type", async () => {
  const config = eksConfig((eks) => ({ ...eks, nodes: { ...eks.nodes, zone: "us-east-1b" } }));
  expect((await findings({ config }))["instance type"]).toEqual({
    level: "problem",
    detail: "c7i.xlarge or c7a.xlarge is not offered in us-east-1b",
    fix: "Set nodes.zone to one of us-east-1a, us-east-1c (it must be among network.zones), or network.zones to several of them.",
  });
});

const DEMO_TAGS =
  "<tagSet><item><key>Project</key><value>carepath-chat</value></item><item><key>Environment</key><value>demo</value></item></tagSet>";

describe("the Elastic IP quota", () => {
  it("must hold the addresses of the NAT gateways beside those of others", async () => {
    aws.answers.GetServiceQuota = json({ Quota: { Value: 2 } });
    expect((await findings())["Elastic IP quota"]).toEqual({
      level: "problem",
      detail: "1 for NAT gateways; 0 of 2 are free",
      fix: "Ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value 3 --region us-east-1",
    });
    aws.answers.DescribeAddresses = xml("R", `<addressesSet><item/><item>${DEMO_TAGS}</item></addressesSet>`);
    expect((await findings())["Elastic IP quota"]?.level).toBe("ok");
  });
});

describe("the vCPU quota", () => {
  it.each([
    [7, "problem"],
    [8, "warning"],
    [11, "warning"],
    [12, "ok"],
  ])("of %d, with 4 in use by others, is %s", async (Value, level) => {
    aws.answers.GetServiceQuota = json({ Quota: { Value } });
    expect((await findings())["vCPU quota"]?.level).toBe(level);
  });

  it.each([
    ["SPOT", "L-34B43A08"],
    ["ON_DEMAND", "L-1216C47A"],
  ] as const)("for %s nodes is %s", async (capacityType, code) => {
    await findings({ config: eksConfig((eks) => ({ ...eks, nodes: { ...eks.nodes, capacityType } })) });
    expect(aws.bodies.find((body) => body.includes("QuotaCode"))).toBe(
      JSON.stringify({ ServiceCode: "ec2", QuotaCode: code }),
    );
  });

  it("is free for what the environment has in use itself", async () => {
    const running = instance("c7i.xlarge", "spot");
    const ours = running.replace("</item>", `${DEMO_TAGS}</item>`);
    aws.answers.DescribeInstances = xml(
      "R",
      `<reservationSet><item><instancesSet>${running}${ours}</instancesSet></item></reservationSet>`,
    );
    aws.answers.GetServiceQuota = json({ Quota: { Value: 12 } });
    expect((await findings())["vCPU quota"]).toEqual({
      level: "ok",
      detail: "1 to 2 x c7i.xlarge = 4 to 8 vCPUs; 8 of 12 are free",
    });
  });
});

describe("GPU nodes", () => {
  const engine = { type: "vllm", instanceType: "g6.xlarge", diskGiB: 100 } as const;
  const config = eksConfig((eks) => ({ ...eks, chat: { ...eks.chat, engine, replicas: 3 } }));
  const quota = (Value: number) => {
    aws.answers.GetServiceQuota = json({ Quota: { Value } });
    return findings({ config }).then((found) => found["vCPU quota"]);
  };

  it("have their own quota, besides that of the other nodes", async () => {
    await quota(64);
    expect(aws.bodies.filter((body) => body.includes("QuotaCode")).slice(0, 2)).toEqual(
      ["L-34B43A08", "L-DB2E81BA"].map((code) => JSON.stringify({ ServiceCode: "ec2", QuotaCode: code })),
    );
  });

  it("and two more fit in each zone while they are replaced; new accounts may run none", async () => {
    expect(await quota(28)).toEqual({
      level: "ok",
      detail:
        "1 to 2 x c7i.xlarge = 4 to 8 vCPUs; 24 of 28 are free; 3 to 7 x g6.xlarge = 12 to 28 vCPUs; 28 of 28 are free",
    });
    expect((await quota(27))?.level).toBe("warning");
    expect(await quota(11)).toEqual({
      level: "problem",
      detail: "3 to 7 x g6.xlarge = 12 to 28 vCPUs; 11 of 11 are free",
      fix:
        "Ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA " +
        "--desired-value 28 --region us-east-1",
    });
  });

  it("must be offered in each of their zones", async () => {
    expect((await findings({ config }))["instance type"]).toEqual({
      level: "problem",
      detail: "g6.xlarge is not offered in us-east-1b",
      fix: "Set network.zones to those of us-east-1a, us-east-1c.",
    });
  });
});

describe("the state", () => {
  it("warns of a local file, and refuses it in production", async () => {
    const local = eksConfig((eks) => ({ ...eks, state: { type: "local" } }));
    expect((await findings({ config: local })).state).toMatchObject({
      level: "warning",
      detail: "a local file: one person, one laptop",
    });
    expect((await findings({ config: { ...local, production: true } })).state).toMatchObject({
      level: "skipped",
      detail: "a local file, which production may not have",
    });
  });

  it.each([
    [301, "is in another region than us-east-1"],
    [403, "belongs to another account, or the right s3:ListBucket on it is missing"],
    [404, "does not exist"],
    [503, "answers 503"],
  ])("reports a bucket that answers %d", async (status, reason) => {
    aws.answers["HEAD /states"] = { status };
    const { state } = await findings();
    expect(state).toMatchObject({ level: "problem", detail: `bucket states ${reason}` });
    expect(state?.fix).toContain("npm run bootstrap-state");
  });

  it("warns of a bucket without versions", async () => {
    aws.answers["GET /states"] = xml("VersioningConfiguration", "");
    expect((await findings()).state).toMatchObject({ level: "warning", detail: "bucket states keeps no versions" });
  });
});

describe("the image", () => {
  it("that is not in the registry is a problem", async () => {
    aws.answers.DescribeImages = failure("ImageNotFoundException");
    expect((await findings()).image).toEqual({
      level: "problem",
      detail: `carepath-demo/chat-service@${DIGEST} is not in the registry`,
      fix: "Run `npm run image`.",
    });
  });

  it("waits for the repository before the first deploy", async () => {
    aws.answers.DescribeImages = failure("RepositoryNotFoundException");
    expect((await findings()).image).toMatchObject({
      level: "warning",
      detail: "repository carepath-demo/chat-service does not exist yet",
    });
  });

  it("of another registry is not looked for", async () => {
    const config = eksConfig((eks) => ({
      ...eks,
      chat: { ...eks.chat, image: { repository: "ghcr.io/me/chat", tag: "1" } },
    }));
    expect((await findings({ config })).image?.level).toBe("skipped");
    expect(aws.calls).not.toContain("DescribeImages");
  });
});

it("goes on when AWS refuses one check for want of a right", async () => {
  aws.answers.GetServiceQuota = failure("AccessDeniedException");
  const found = await findings();
  expect(found["vCPU quota"]).toEqual({
    level: "problem",
    detail: "AccessDeniedException: AccessDeniedException from the fake",
    fix: "Ask for the missing right, or check the network; then run `npm run doctor` again.",
  });
  expect(found.image?.level).toBe("ok");
});

describe("an existing cluster", () => {
  const existing = (): AppConfig => {
    const { config } = loadConfig({ CAREPATH_ENV: "local" });
    if (config.target === "eks") throw new Error("local is expected to be an existing cluster");
    return { ...config, kubeconfigContext: "kind-carepath", kubeconfigPath: "~/config" };
  };

  it("needs its context in the kubeconfig, and nothing of AWS", async () => {
    writeFileSync(join(home, "config"), "contexts:\n  - name: minikube\n    context: {cluster: minikube}\n");
    const lines = await preflight(context({ config: existing() }));
    expect(lines.find(({ title }) => title === "kubeconfig")).toEqual({
      title: "kubeconfig",
      level: "problem",
      detail: `no context "kind-carepath" in ${home}/config (it has: minikube)`,
      fix: "Set kubeconfigContext to one of these, or start that cluster.",
    });
    expect(lines.find(({ title }) => title === "AWS credentials")?.level).toBe("skipped");
    expect(exitCode(lines)).toBe(1);
    expect(aws.calls).toEqual([]);
  });

  it("is fine when the context is there", async () => {
    writeFileSync(join(home, "config"), "contexts:\n  - name: kind-carepath\n    context: {cluster: kind-carepath}\n");
    expect((await findings({ config: existing() })).kubeconfig).toEqual({
      level: "ok",
      detail: `context kind-carepath in ${home}/config`,
    });
  });
});

it("prints a line a check with its fix below, and counts", () => {
  expect(
    formatLines([
      { title: "Node", level: "ok", detail: "v22" },
      { title: "terraform", level: "problem", detail: "not found", fix: "Install it." },
    ]),
  ).toBe(
    [
      "ok       Node       v22",
      "PROBLEM  terraform  not found",
      `${" ".repeat(20)}-> Install it.`,
      "",
      "1 ok, 0 warnings, 1 problem, 0 skipped",
    ].join("\n"),
  );
});
