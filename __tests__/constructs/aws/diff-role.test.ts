import { repositoryOnGithub } from "../../../config/fields";
import { DiffRole, type DiffRoleProps } from "../../../constructs/aws/diff-role";
import { synthEnvironment } from "../../helpers/synth-app";
import { synthConstructs, type Json, type SynthesizedStack } from "../../helpers/synth-stack";

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

const PROPS: DiffRoleProps = {
  name: "carepath-x-diff",
  githubRepository: "acme/chat",
  region: "eu-west-1",
  clusterName: "carepath-x",
  roleNamePrefix: "carepath-x",
  imageRepositoryName: "carepath-x/chat-service",
  keyArns: ["arn:aws:kms:eu-west-1:123456789012:key/secrets"],
  state: { bucket: "team-state", region: "eu-west-3", keys: ["team/one.tfstate", "team/two.tfstate"] },
};

const synth = (props: Partial<DiffRoleProps> = {}) =>
  synthConstructs((stack) => new DiffRole(stack, "diff-role", { ...PROPS, ...props }));

const trust = (stack: SynthesizedStack) =>
  (JSON.parse(String(stack.one("aws_iam_role")["assume_role_policy"])) as { Statement: Json[] }).Statement;

function statements(stack: SynthesizedStack): Statement[] {
  const policy = stack.resources("aws_iam_role_policy").find(({ name }) => name === "diff");
  return (JSON.parse(String(policy?.["policy"])) as { Statement: Statement[] }).Statement;
}

function statement(stack: SynthesizedStack, sid: string): Statement | undefined {
  return statements(stack).find(({ Sid }) => Sid === sid);
}

it("reads the settings of the model's bucket where there is one, and no object in it", () => {
  expect(statement(synth(), "ReadModelBucket")).toBeUndefined();
  const found = statement(synth({ modelBucket: "acme-models" }), "ReadModelBucket");
  expect(found?.Resource).toEqual(["arn:aws:s3:::acme-models"]);
  expect(found?.Action.filter((action) => action.includes("Object"))).toEqual([]);
});

describe("trust", () => {
  it("only a pull request of the one repository, with a token meant for AWS", () => {
    const stack = synth();
    const [id = ""] = Object.keys(stack.json.resource["aws_iam_openid_connect_provider"] ?? {});
    expect(trust(stack)).toEqual([
      {
        Effect: "Allow",
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Principal: { Federated: `\${aws_iam_openid_connect_provider.${id}.arn}` },
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": ["repo:acme/chat:pull_request"],
          },
        },
      },
    ]);
    expect(stack.one("aws_iam_openid_connect_provider")).toMatchObject({
      url: "https://token.actions.githubusercontent.com",
      client_id_list: ["sts.amazonaws.com"],
    });
  });

  it("an existing provider is used, and none created: an account can have one", () => {
    const oidcProviderArn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    const stack = synth({ oidcProviderArn });
    expect(stack.json.resource).not.toHaveProperty("aws_iam_openid_connect_provider");
    expect(trust(stack)[0]?.["Principal"]).toEqual({ Federated: oidcProviderArn });
  });

  it("the ids of newer repositories are part of the subject", () => {
    const [{ Condition } = {}] = trust(synth({ githubRepository: "acme@12/chat@34" }));
    expect(Condition).toMatchObject({
      StringEquals: {
        "token.actions.githubusercontent.com:sub": ["repo:acme/chat:pull_request", "repo:acme@12/chat@34:pull_request"],
      },
    });
  });

  it("the schema refuses what could match more than one repository", () => {
    for (const name of ["acme/chat", "acme@12/chat@34"]) expect(repositoryOnGithub.safeParse(name).success).toBe(true);
    for (const name of [
      "acme@12/chat",
      "acme/chat@34",
      "acme@x/chat@34",
      "acme",
      "acme/*",
      "acme/chat/x",
      "acme/ch?t",
      "*/*",
    ]) {
      expect([name, repositoryOnGithub.safeParse(name).success]).toEqual([name, false]);
    }
  });
});

describe("state", () => {
  it("is read, and only its lock file written", () => {
    const stack = synth();
    const objects = ["arn:aws:s3:::team-state/team/one.tfstate", "arn:aws:s3:::team-state/team/two.tfstate"];
    expect(statement(stack, "ReadState")).toMatchObject({ Action: ["s3:GetObject"], Resource: objects });
    expect(statement(stack, "LockState")).toMatchObject({
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: objects.map((object) => `${object}.tflock`),
    });
    expect(statement(stack, "FindState")).toEqual({
      Sid: "FindState",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: ["arn:aws:s3:::team-state"],
    });
  });

  it("is decrypted through S3 alone, where it has a key of its own", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-3:123456789012:key/state";
    expect(statement(synth(), "DecryptState")).toBeUndefined();
    expect(statement(synth({ state: { ...PROPS.state, kmsKeyArn } }), "DecryptState")).toMatchObject({
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: [kmsKeyArn],
      Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-3.amazonaws.com" } },
    });
  });
});

describe("rights", () => {
  const stack = synth();

  it("writes nothing but lock files", () => {
    const writing = statements(stack).filter(({ Action }) =>
      Action.some((action) => !/^\w+:(Get|List|Describe)[A-Z][A-Za-z]*$/.test(action)),
    );
    expect(writing.map(({ Sid }) => Sid)).toEqual(["LockState"]);
  });

  it("reads no secret value, no object but the state, and no image", () => {
    const actions = statements(stack).flatMap(({ Action }) => Action);
    expect(actions.filter((action) => /^(secretsmanager|ssm|dynamodb|lambda|sts):/.test(action))).toEqual([]);
    expect(actions.filter((action) => action.startsWith("kms:") && action.includes("crypt"))).toEqual([]);
    expect(actions).not.toContain("ecr:GetDownloadUrlForLayer");
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });

  it("names its resources, but for calls that take none: those stay in the region", () => {
    const everything = statements(stack).filter(({ Resource }) => Resource.includes("*"));
    expect(everything.map(({ Sid }) => Sid)).toEqual(["DescribeWithoutResource"]);
    expect(everything[0]?.Condition).toEqual({ StringEquals: { "aws:RequestedRegion": "eu-west-1" } });
    const services = new Set(everything[0]?.Action.map((action) => action.split(":")[0]));
    expect(services).toEqual(new Set(["ec2", "kms", "logs"]));
    for (const action of everything[0]?.Action ?? []) expect(action).toMatch(/:(Describe|List)/);
  });

  it("covers this cluster, its roles, keys, images and logs, and no others", () => {
    const resources = (sid: string) => statement(stack, sid)?.Resource;
    expect(resources("DescribeCluster")).toEqual([
      "arn:aws:eks:eu-west-1:*:cluster/carepath-x",
      "arn:aws:eks:eu-west-1:*:access-entry/carepath-x/*",
      "arn:aws:eks:eu-west-1:*:addon/carepath-x/*",
      "arn:aws:eks:eu-west-1:*:nodegroup/carepath-x/*",
      "arn:aws:eks:eu-west-1:*:podidentityassociation/carepath-x/*",
    ]);
    expect(resources("ReadRoles")).toEqual(["arn:aws:iam::*:role/carepath-x-*"]);
    expect(resources("DescribeKeys")).toEqual(PROPS.keyArns);
    expect(resources("DescribeImages")).toEqual(["arn:aws:ecr:eu-west-1:*:repository/carepath-x/chat-service"]);
    expect(resources("ReadLogTags")).toEqual([
      "arn:aws:logs:eu-west-1:*:log-group:/aws/eks/carepath-x/*",
      "arn:aws:logs:eu-west-1:*:log-group:/aws/vpc/carepath-x/*",
    ]);
    expect(resources("ReadTokenIssuer")).toEqual(["arn:aws:iam::*:oidc-provider/token.actions.githubusercontent.com"]);
  });

  it("fits into an inline policy, 10,240 characters", () => {
    // IAM does not count the white space.
    expect(JSON.stringify(JSON.parse(String(stack.one("aws_iam_role_policy")["policy"]))).length).toBeLessThan(10_240);
  });
});

describe("in an environment", () => {
  const REPOSITORY = { CAREPATH_GITHUB_REPOSITORY: "acme/chat" };
  const production = synthEnvironment("production", REPOSITORY);
  const demo = synthEnvironment("demo", { ...REPOSITORY, CAREPATH_STATE_BUCKET: "team-state" });
  const cluster = (app: typeof demo) => app.stack(`carepath-${app.config.environment}-cluster`);
  const scopes = (app: typeof demo) =>
    Object.fromEntries<unknown>(
      cluster(app)
        .resources("aws_eks_access_policy_association")
        .map(({ policy_arn: arn, access_scope: scope }) => [String(arn).replace(/^.*\//, ""), scope]),
    );

  it("reads the states of its own three stacks, where the backends put them", () => {
    const keys = [...demo.stacks.values()].map(
      ({ json }) => (json.terraform["backend"] as { s3: { key: string } }).s3.key,
    );
    expect(keys).toHaveLength(3);
    expect([...(statement(cluster(demo), "ReadState")?.Resource ?? [])].sort()).toEqual(
      keys.map((key) => `arn:aws:s3:::team-state/${key}`).sort(),
    );
  });

  it("every role and cluster resource of the stack is within the role's reach", () => {
    const pattern = /^carepath-demo-/;
    for (const { name } of cluster(demo).resources("aws_iam_role")) expect(name).toMatch(pattern);
    expect(statement(cluster(demo), "ReadRoles")?.Resource).toEqual(["arn:aws:iam::*:role/carepath-demo-*"]);
    for (const { name } of cluster(demo).resources("aws_cloudwatch_log_group"))
      expect(name).toMatch(/^\/aws\/(eks|vpc)\/carepath-demo\//);
  });

  it("sees Secrets where Helm keeps releases, and never where the API keys are", () => {
    expect(scopes(demo)).toEqual({
      AmazonEKSViewPolicy: { type: "namespace", namespaces: ["carepath-demo"] },
      AmazonEKSAdminViewPolicy: { type: "namespace", namespaces: ["kube-system"] },
    });
    expect(scopes(production)).toEqual({
      AmazonEKSViewPolicy: { type: "namespace", namespaces: ["carepath"] },
      AmazonEKSAdminViewPolicy: { type: "namespace", namespaces: ["kube-system"] },
    });
    expect(cluster(demo).one("aws_eks_access_entry")["kubernetes_groups"]).toEqual(["carepath-diff"]);
  });

  it("every Helm release lies in a namespace whose Secrets it may read", () => {
    const releases = demo.stack("carepath-demo-platform").resources("helm_release");
    expect(releases.length).toBeGreaterThan(0);
    for (const { namespace } of releases) expect(namespace).toBe("kube-system");
  });

  it("reads by name what lies outside of namespaces", () => {
    const platform = demo.stack("carepath-demo-platform");
    const get = (group: string, resources: string[], name: string) => ({
      api_groups: [group],
      resources,
      resource_names: [name],
      verbs: ["get"],
    });
    expect(platform.one("kubernetes_cluster_role_v1")["rule"]).toEqual([
      get("storage.k8s.io", ["storageclasses"], "gp3"),
      get("", ["namespaces"], "carepath-demo"),
      get("rbac.authorization.k8s.io", ["clusterroles", "clusterrolebindings"], "carepath-diff"),
    ]);
    expect(platform.one("kubernetes_cluster_role_binding_v1")).toMatchObject({
      metadata: { name: "carepath-diff" },
      role_ref: { kind: "ClusterRole" },
      subject: [{ kind: "Group", name: "carepath-diff" }],
    });
  });

  it("tells the value of the workflow's variable, and is not there unless asked for", () => {
    expect(cluster(demo).json.output?.["diff_role_arn"]?.value).toMatch(/^\$\{aws_iam_role\.diff-role_.+\.arn\}$/);
    const without = synthEnvironment("demo", { CAREPATH_STATE_BUCKET: "team-state" });
    expect(cluster(without).json.output).not.toHaveProperty("diff_role_arn");
    expect(cluster(without).json.resource).not.toHaveProperty("aws_iam_openid_connect_provider");
    expect(without.stack("carepath-demo-platform").json.resource).not.toHaveProperty("kubernetes_cluster_role_v1");
  });

  it("takes the identity provider that the account has", () => {
    const arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    const app = synthEnvironment("production", { ...REPOSITORY, CAREPATH_OIDC_PROVIDER_ARN: arn });
    expect(cluster(app).json.resource).not.toHaveProperty("aws_iam_openid_connect_provider");
  });

  it("refuses local state, and what is no repository or provider", () => {
    expect(() => synthEnvironment("demo", REPOSITORY)).toThrow(
      'environment "demo": 1 problem\n' +
        '  - pullRequests.githubRepository ("acme/chat"): needs S3 state: the workflow of a pull request cannot read a state file on your machine. ' +
        "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket), or remove pullRequests.",
    );
    expect(() =>
      synthEnvironment("production", { CAREPATH_GITHUB_REPOSITORY: "acme/*", CAREPATH_OIDC_PROVIDER_ARN: "x" }),
    ).toThrow(
      'environment "production": 2 problems\n' +
        '  - pullRequests.githubRepository ("acme/*"): must name one repository of GitHub with its owner, and both of their ids or none. ' +
        'Write it as GitHub spells it, like "acme/carepath-chat", or as this prints it: ' +
        "`gh api repos/acme/carepath-chat --jq '\"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)\"'`.\n" +
        '  - pullRequests.oidcProviderArn ("x"): must be the ARN of the identity provider for GitHub\'s tokens. ' +
        'Write one like "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com".',
    );
  });
});
