import { EKS_RELEASES } from "../../planning/catalogue/eks-releases";
import { ResourceGraph } from "../helpers/resource-graph";
import { SAMPLE_PLAN, eksConfig } from "../helpers/sample-config";
import { synthConfig, synthEnvironment } from "../helpers/synth-app";
import { type Json } from "../helpers/synth-stack";

const demo = synthEnvironment("demo");
const production = synthEnvironment("production");
const cluster = {
  demo: demo.stack("carepath-demo-cluster"),
  production: production.stack("carepath-production-cluster"),
};
const BOTH = Object.entries(cluster);

/** `${type.id.attribute}` -> the resource it points to. */
function target(stack: (typeof cluster)["demo"], reference: unknown): Json {
  const [, type = "", id = ""] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(String(reference)) ?? [];
  const found = stack.json.resource[type]?.[id];
  if (found === undefined) throw new Error(`${String(reference)} points to nothing`);
  return found;
}

function addon(stack: (typeof cluster)["demo"], name: string): Json {
  const found = stack.resources("aws_eks_addon").find((each) => each["addon_name"] === name);
  if (found === undefined) throw new Error(`no add-on ${name}`);
  return found;
}

describe.each(BOTH)("cluster stack of %s", (environment, stack) => {
  it("story line 1: the storage driver has its IAM identity before any volume is claimed", () => {
    const association = stack
      .resources("aws_eks_pod_identity_association")
      .find((each) => each["service_account"] === "ebs-csi-controller-sa");
    expect(association).toMatchObject({ namespace: "kube-system" });
    const role = target(stack, association?.["role_arn"]);
    expect(JSON.parse(String(role["assume_role_policy"]))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["sts:AssumeRole", "sts:TagSession"],
          Principal: { Service: "pods.eks.amazonaws.com" },
        },
      ],
    });
    const policies = stack
      .resources("aws_iam_role_policy_attachment")
      .filter((each) => target(stack, each["role"]) === role)
      .map((each) => each["policy_arn"]);
    expect(policies).toEqual(["arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"]);
    expect(addon(stack, "eks-pod-identity-agent")).toBeDefined();
    const app = environment === "demo" ? demo : production;
    const order = app.manifest.stacks;
    expect(order[`carepath-${environment}-platform`]?.dependencies).toEqual([`carepath-${environment}-cluster`]);
    expect(order[`carepath-${environment}-chat`]?.dependencies).toEqual([`carepath-${environment}-platform`]);
  });

  it("runs Kubernetes 1.35 in standard support, with access entries as the only way in", () => {
    expect(stack.one("aws_eks_cluster")).toMatchObject({
      name: `carepath-${environment}`,
      version: "1.35",
      access_config: { authentication_mode: "API", bootstrap_cluster_creator_admin_permissions: true },
      upgrade_policy: { support_type: "STANDARD" },
      bootstrap_self_managed_addons: false,
    });
  });

  it("keeps each node group in one zone: one for a shared volume, one a zone for a volume each", () => {
    const zones = stack.resources("aws_eks_node_group").map((group) => {
      const subnets = group["subnet_ids"] as string[];
      expect(subnets).toHaveLength(1);
      const subnet = target(stack, subnets[0]);
      expect(subnet["tags"]).toMatchObject({ "kubernetes.io/role/internal-elb": "1" });
      return subnet["availability_zone"];
    });
    expect(zones).toEqual(environment === "demo" ? ["us-east-1a"] : ["us-east-1a", "us-east-1b", "us-east-1c"]);
  });

  it("gives nodes an encrypted gp3 root that leaves with them", () => {
    expect(stack.one("aws_launch_template")["block_device_mappings"]).toEqual([
      {
        device_name: "/dev/xvda",
        ebs: { delete_on_termination: "true", encrypted: "true", volume_size: 40, volume_type: "gp3" },
      },
    ]);
  });

  it("story line on NetworkPolicy: the network add-on enforces it", () => {
    expect(JSON.parse(String(addon(stack, "vpc-cni")["configuration_values"]))).toEqual({
      enableNetworkPolicy: "true",
    });
  });

  it("installs the network before the nodes, and coredns after them", () => {
    for (const group of stack.resources("aws_eks_node_group")) {
      for (const name of ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]) {
        expect(group["depends_on"]).toContain(`aws_eks_addon.${name}`);
        expect(addon(stack, name)["depends_on"]).toBeUndefined();
      }
    }
    expect(addon(stack, "coredns")["depends_on"]).toEqual(
      Object.keys(stack.json.resource["aws_eks_node_group"] ?? {}).map((id) => `aws_eks_node_group.${id}`),
    );
    expect(stack.resources("aws_eks_addon")).toHaveLength(4);
  });

  it("pins node image and add-ons to what is reviewed for its Kubernetes version", () => {
    const [clusterId] = Object.keys(stack.json.resource["aws_eks_cluster"] ?? {});
    const { nodeImage, addons } = EKS_RELEASES["1.35"];
    for (const group of stack.resources("aws_eks_node_group")) {
      expect(group["version"]).toBe(`\${aws_eks_cluster.${clusterId ?? ""}.version}`);
      expect(group["release_version"]).toBe(nodeImage);
    }
    const pinned = stack.resources("aws_eks_addon").map((each) => [each["addon_name"], each["addon_version"]]);
    expect(Object.fromEntries(pinned)).toEqual(addons);
    expect(stack.json.data).toBeUndefined();
  });

  it("tags the subnets for load balancers, and keeps them apart", () => {
    const subnets = stack.resources("aws_subnet");
    const zones = environment === "demo" ? 2 : 3;
    expect(subnets.filter((each) => (each["tags"] as Json)["kubernetes.io/role/elb"] === "1")).toHaveLength(zones);
    expect(subnets.filter((each) => (each["tags"] as Json)["kubernetes.io/role/internal-elb"] === "1")).toHaveLength(
      zones,
    );
    expect(new Set(subnets.map((each) => each["cidr_block"])).size).toBe(2 * zones);
  });

  it("takes image layers past NAT: every private route table has the S3 endpoint", () => {
    const endpoint = stack.one("aws_vpc_endpoint");
    expect(endpoint).toMatchObject({ service_name: "com.amazonaws.us-east-1.s3", vpc_endpoint_type: "Gateway" });
    expect(endpoint["route_table_ids"]).toHaveLength(environment === "demo" ? 2 : 3);
  });

  it("creates no NAT gateway before the internet gateway is attached", () => {
    const [gateway] = Object.keys(stack.json.resource["aws_internet_gateway"] ?? {});
    for (const each of stack.resources("aws_nat_gateway")) {
      expect(each["depends_on"]).toEqual([`aws_internet_gateway.${gateway ?? ""}`]);
    }
  });

  it("tells what a laptop needs next", () => {
    expect(stack.json.output?.["update_kubeconfig"]?.value).toBe(
      `aws eks update-kubeconfig --region us-east-1 --name carepath-${environment}`,
    );
    expect(stack.json.output?.["image_repository_url"]?.value).toMatch(
      /^\$\{aws_ecr_repository\..+\.repository_url\}$/,
    );
  });

  it("tags everything with project and environment", () => {
    const [provider] = stack.json.provider["aws"] ?? [];
    const tags = { Environment: environment, ManagedBy: "terraform", Project: "carepath-chat" };
    expect(provider?.["default_tags"]).toEqual([{ tags }]);
  });
});

it("flow logs: written to their own group alone, looked up among all", () => {
  const policies = synthEnvironment("demo").stack("carepath-demo-cluster").resources("aws_iam_role_policy");
  const write = policies.find(({ name }) => name === "write-flow-logs");
  const group = "${aws_cloudwatch_log_group.flow-logs_log-group_X.arn}";
  const text = String(write?.["policy"]).replace(/(flow-logs_log-group_)[0-9A-F]+/g, "$1X");
  expect((JSON.parse(text) as { Statement: unknown }).Statement).toEqual([
    {
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
      Resource: [group, `${group}:*`],
    },
    { Effect: "Allow", Action: ["logs:DescribeLogGroups"], Resource: ["arn:aws:logs:*:*:log-group:*"] },
  ]);
});

describe("what differs between the environments", () => {
  it("demo has one NAT gateway, production one in each zone", () => {
    expect(cluster.demo.resources("aws_nat_gateway")).toHaveLength(1);
    expect(cluster.production.resources("aws_nat_gateway")).toHaveLength(3);
    const gateways = cluster.production
      .resources("aws_route")
      .flatMap((route) => (route["nat_gateway_id"] === undefined ? [] : [route["nat_gateway_id"]]));
    expect(new Set(gateways).size).toBe(3);
  });

  it("demo takes one spot node of whichever type of the size AWS has, production two on demand and more as they are needed", () => {
    expect(cluster.demo.one("aws_eks_node_group")).toMatchObject({
      capacity_type: "SPOT",
      instance_types: ["c7i.xlarge", "c7a.xlarge"],
      ami_type: "AL2023_x86_64_STANDARD",
      scaling_config: { min_size: 1, desired_size: 1, max_size: 2 },
    });
    expect(cluster.demo.one("aws_launch_template")["instance_type"]).toBeUndefined();
    const groups = cluster.production.resources("aws_eks_node_group");
    expect(groups.map(({ scaling_config: sizes }) => sizes)).toEqual([
      { min_size: 1, desired_size: 1, max_size: 2 },
      { min_size: 1, desired_size: 1, max_size: 2 },
      { min_size: 0, desired_size: 0, max_size: 2 },
    ]);
    // In the template, so that another type replaces the nodes one by one instead of the group.
    for (const group of groups) expect(group).toMatchObject({ capacity_type: "ON_DEMAND" });
    for (const group of groups) expect(group).not.toHaveProperty("instance_types");
    expect(cluster.production.one("aws_launch_template")["instance_type"]).toBe("c7i.2xlarge");
  });

  it("a customer-managed key encrypts the volumes, and both that create them may use it", () => {
    const keyArn = "arn:aws:kms:eu-central-1:123456789012:key/volumes";
    const app = synthConfig({
      config: eksConfig({}, { storage: { kmsKeyArn: keyArn } }),
      plan: SAMPLE_PLAN,
    });
    const stack = app.stack("carepath-sample-cluster");
    expect(stack.one("aws_launch_template")["block_device_mappings"]).toMatchObject([{ ebs: { kms_key_id: keyArn } }]);
    expect(stack.one("aws_kms_grant")).toMatchObject({
      key_id: keyArn,
      grantee_principal: expect.stringMatching(
        /^arn:aws:iam::\$\{data\.aws_caller_identity\.\S+\.account_id\}:role\/aws-service-role\/autoscaling\.amazonaws\.com\/AWSServiceRoleForAutoScaling$/,
      ) as string,
    });
    expect(stack.one("aws_kms_grant")["operations"]).toContain("CreateGrant");
    const grant = Object.keys(stack.json.resource["aws_kms_grant"] ?? {}).map((id) => `aws_kms_grant.${id}`);
    expect(stack.one("aws_eks_node_group")["depends_on"]).toEqual(expect.arrayContaining(grant));
    const driver = stack.resources("aws_iam_role_policy").find(({ name }) => name === "use-volume-key");
    expect(target(stack, driver?.["role"])["name"]).toBe("carepath-sample-ebs-csi");
    expect(String(driver?.["policy"])).toContain(keyArn);
    expect(app.stack("carepath-sample-platform").one("kubernetes_storage_class_v1")["parameters"]).toMatchObject({
      encrypted: "true",
      kmsKeyId: keyArn,
    });
    expect(cluster.demo.json.resource).not.toHaveProperty("aws_kms_grant");
  });

  it("an existing network is used as it is: no part of a network is made", () => {
    const subnets = {
      "eu-central-1a": { id: "subnet-a1", cidr: "10.0.0.0/22" },
      "eu-central-1b": { id: "subnet-b2", cidr: "10.0.4.0/22" },
    };
    const stack = synthConfig({
      config: eksConfig(
        {},
        {
          network: { zones: Object.keys(subnets), natGateways: "single", existing: { vpcId: "vpc-1a", subnets } },
        },
      ),
      plan: SAMPLE_PLAN,
    }).stack("carepath-sample-cluster");
    const types = Object.keys(stack.json.resource);
    expect(types.filter((type) => /vpc|subnet|route|nat|eip|gateway|flow_log|security_group/.test(type))).toEqual([]);
    expect((stack.one("aws_eks_cluster")["vpc_config"] as Json)["subnet_ids"]).toEqual(["subnet-a1", "subnet-b2"]);
    expect(stack.one("aws_eks_node_group")["subnet_ids"]).toEqual(["subnet-a1"]);
  });

  it("GovCloud has its own partition in every ARN", () => {
    const { json, text } = synthEnvironment("demo", { CAREPATH_REGION: "us-gov-west-1" }).stack(
      "carepath-demo-cluster",
    );
    expect(json.resource).toHaveProperty("aws_eks_cluster");
    expect(text).toContain("arn:aws-us-gov:iam::aws:policy/AmazonEKSClusterPolicy");
    expect(text).not.toContain("arn:aws:");
  });

  it("production is protected from destroy, and its images too", () => {
    expect(cluster.production.one("aws_eks_cluster")["deletion_protection"]).toBe(true);
    expect(cluster.production.one("aws_ecr_repository")["force_delete"]).toBe(false);
    expect(cluster.demo.one("aws_eks_cluster")["deletion_protection"]).toBeUndefined();
    expect(cluster.demo.one("aws_ecr_repository")["force_delete"]).toBe(true);
  });

  it("story line 10: production keeps its state in S3, locked by a file", () => {
    expect(cluster.production.json.terraform["backend"]).toMatchObject({ s3: { use_lockfile: true } });
  });

  it("demo warns that its API CIDRs are no real network until CAREPATH_API_CIDRS is set", () => {
    const warning =
      "cluster.endpoint.publicAccessCidrs has 203.0.113.0/24, which is no real network. " +
      "Set CAREPATH_API_CIDRS to your address before you deploy.";
    const annotations = demo.manifest.stacks["carepath-demo-cluster"]?.annotations;
    expect(annotations?.map(({ level, message }) => ({ level, message }))).toEqual([
      { level: "@cdktf/warn", message: warning },
    ]);
    const own = synthEnvironment("demo", { CAREPATH_API_CIDRS: "52.94.236.248/32" });
    expect(own.manifest.stacks["carepath-demo-cluster"]?.annotations).toEqual([]);
  });

  it("warns of an API server that everybody may try, also where it is permitted", () => {
    const endpoint = (publicAccessCidrs: string[]) => ({ publicAccess: true, publicAccessCidrs, allowAnyCidr: true });
    const warnings = (cidrs: string[]) =>
      synthConfig({
        config: eksConfig({}, { cluster: { endpoint: endpoint(cidrs) } }),
        plan: SAMPLE_PLAN,
      }).manifest.stacks["carepath-sample-cluster"]?.annotations.map(({ level, message }) => ({ level, message }));
    expect(warnings(["52.94.236.248/32", "0.0.0.0/0"])).toEqual([
      {
        level: "@cdktf/warn",
        message:
          "cluster.endpoint.publicAccessCidrs has 0.0.0.0/0: everyone may try the API server. Only for a cluster that you will throw away.",
      },
    ]);
    expect(warnings(["52.94.236.248/32"])).toEqual([]);
  });

  it("a Graviton instance type takes the arm64 image, and administrators get access entries", () => {
    const stack = synthEnvironment("demo", {
      CAREPATH_INSTANCE_TYPE: "c8g.xlarge",
      CAREPATH_REGION: "eu-central-1",
      CAREPATH_ADMIN_ARNS: "arn:aws:iam::123456789012:role/platform,arn:aws:iam::123456789012:user/platform",
    }).stack("carepath-demo-cluster");
    expect(stack.one("aws_eks_node_group")["ami_type"]).toBe("AL2023_ARM_64_STANDARD");
    expect(stack.resources("aws_subnet").map((each) => each["availability_zone"])).toContain("eu-central-1b");
    expect(stack.resources("aws_eks_access_entry").map((each) => each["principal_arn"])).toEqual([
      "arn:aws:iam::123456789012:role/platform",
      "arn:aws:iam::123456789012:user/platform",
    ]);
    for (const association of stack.resources("aws_eks_access_policy_association")) {
      expect(association).toMatchObject({
        access_scope: { type: "cluster" },
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
      });
    }
  });
});

it("nodes get user data only where the chat pod has its cores for itself", () => {
  const userData = (exclusiveCores: boolean): unknown => {
    const nodes = { instanceType: "m7g.xlarge", capacityType: "ON_DEMAND", exclusiveCores } as const;
    const app = synthConfig({ config: eksConfig({}, { nodes }), plan: SAMPLE_PLAN });
    return app.stack("carepath-sample-cluster").one("aws_launch_template")["user_data"];
  };
  expect(userData(false)).toBeUndefined();
  expect(userData(true)).toMatch(/^\$\{base64encode\("MIME-Version[\s\S]*cpuManagerPolicy: static/);
  expect(cluster.demo.one("aws_launch_template")["user_data"]).toBeUndefined();
  expect(cluster.production.one("aws_launch_template")["user_data"]).toBeDefined();
});

describe("the role of the deploy workflow", () => {
  const state = { type: "s3", bucket: "team-state", region: "eu-west-3" } as const;
  const deployments = { githubRepository: "acme/chat", githubEnvironment: "live" };
  const stackWith = (more: object) =>
    synthConfig({ config: eksConfig({}, { state, deployments, ...more }), plan: SAMPLE_PLAN }).stack(
      "carepath-sample-cluster",
    );
  const deployRole = (stack: ReturnType<typeof stackWith>) =>
    stack.resources("aws_iam_role").find(({ name }) => name === "carepath-sample-deploy");

  it("is there where the configuration names a repository, and writes the state of the chat stack alone", () => {
    const stack = stackWith({});
    const graph = new ResourceGraph(stack);
    const [entry = "none"] = graph.addresses((type, { principal_arn }) => {
      return type === "aws_eks_access_entry" && String(principal_arn).includes("deploy-role");
    });
    expect([...graph.before(entry)].some((each) => each.startsWith("aws_eks_cluster."))).toBe(true);
    expect(deployRole(stack)?.["assume_role_policy"]).toContain("repo:acme/chat:environment:live");
    const policy = stack.resources("aws_iam_role_policy").find(({ name }) => name === "deploy");
    expect(String(policy?.["policy"]).match(/\w+\.tfstate(?=")/g)).toEqual(["chat.tfstate"]);
    expect(stack.json["output"]).toHaveProperty("deploy_role_arn");
    expect(deployRole(stackWith({ deployments: undefined }))).toBeUndefined();
  });

  it("keeps to the namespace where another stack makes it", () => {
    const scope = (chat: object, more: object = {}) => {
      const config = eksConfig(chat, { state, deployments, ...more });
      const stack = synthConfig({ config, plan: SAMPLE_PLAN }).stack("carepath-sample-cluster");
      return stack.one("aws_eks_access_policy_association")["access_scope"];
    };
    const apiKeys = { source: "existing-secret", name: "chat-keys" } as const;
    expect(scope({ apiKeys, namespace: "care" })).toEqual({ type: "namespace", namespaces: ["care"] });
    expect(scope({})).toEqual({ type: "cluster" });
  });

  it("gets custom kinds from the platform stack, in that namespace and no other", () => {
    const apiKeys = { source: "existing-secret", name: "chat-keys" } as const;
    const scaled = { cache: { mode: "per-replica" }, maxReplicas: 3, apiKeys, namespace: "care" } as const;
    const appWith = (more: object) => {
      const config = eksConfig(scaled, { state, deployments, monitoring: { prometheus: true }, ...more });
      return synthConfig({ config, plan: SAMPLE_PLAN });
    };
    const app = appWith({});
    expect(app.stack("carepath-sample-cluster").one("aws_eks_access_entry")["kubernetes_groups"]).toEqual([
      "carepath-deploy",
    ]);
    const platform = app.stack("carepath-sample-platform");
    const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
    expect(platform.one("kubernetes_role_v1")).toMatchObject({
      metadata: { name: "carepath-deploy", namespace: "care" },
      rule: [
        { api_groups: ["monitoring.coreos.com"], resources: ["podmonitors", "prometheusrules"], verbs },
        { api_groups: ["keda.sh"], resources: ["scaledobjects"], verbs },
      ],
    });
    for (const type of ["kubernetes_role_v1", "kubernetes_role_binding_v1"])
      expect(JSON.stringify(platform.one(type)["depends_on"])).toContain("kubernetes_namespace_v1");
    for (const type of ["kubernetes_role_binding_v1", "kubernetes_cluster_role_binding_v1"])
      expect(platform.one(type)["subject"]).toMatchObject([{ kind: "Group", name: "carepath-deploy" }]);
    // The provider looks a custom kind up in all definitions.
    expect(platform.one("kubernetes_cluster_role_v1")["rule"]).toEqual([
      { api_groups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get", "list"] },
    ]);
    const without = appWith({ deployments: undefined }).stack("carepath-sample-platform");
    expect(without.json.resource).not.toHaveProperty("kubernetes_role_v1");
  });

  it("lets the role that diffs read these roles by name", () => {
    const apiKeys = { source: "existing-secret", name: "chat-keys" } as const;
    const rules = (more: object) => {
      const config = eksConfig(
        { apiKeys },
        { state, pullRequests: { githubRepository: "acme/chat" }, monitoring: { prometheus: true }, ...more },
      );
      const viewers = synthConfig({ config, plan: SAMPLE_PLAN }).stack("carepath-sample-platform");
      return JSON.stringify(viewers.resources("kubernetes_cluster_role_v1"));
    };
    const read =
      '"resource_names":["carepath-deploy"],"resources":["roles","rolebindings","clusterroles","clusterrolebindings"],"verbs":["get"]';
    expect(rules({ deployments })).toContain(read);
    expect(rules({})).not.toContain(read);
  });

  it("shares the account's one identity provider with the role that diffs", () => {
    const pullRequests = { githubRepository: "acme/chat" };
    expect(stackWith({}).resources("aws_iam_openid_connect_provider")).toHaveLength(1);
    expect(stackWith({ pullRequests }).resources("aws_iam_openid_connect_provider")).toHaveLength(1);
    const oidcProviderArn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    const own = stackWith({ deployments: { ...deployments, oidcProviderArn } });
    expect(own.resources("aws_iam_openid_connect_provider")).toEqual([]);
    expect(deployRole(own)?.["assume_role_policy"]).toContain(oidcProviderArn);
  });
});
