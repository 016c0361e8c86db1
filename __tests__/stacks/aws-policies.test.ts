/** Checkov's rules about AWS, by id, over every environment that creates AWS resources. */
import { synthEnvironment } from "../helpers/synth-app";
import { type Json } from "../helpers/synth-stack";

const OPEN: NodeJS.ProcessEnv = { CAREPATH_API_CIDRS: "52.94.236.248/32, 54.240.197.224/28" };

const CASES = [
  ["demo", synthEnvironment("demo")],
  ["production", synthEnvironment("production")],
  ["production with public CIDRs", synthEnvironment("production", OPEN)],
  ["scale", synthEnvironment("scale")],
] as const;

interface PolicyJson {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource?: string | string[];
  }[];
}

describe.each(CASES)("%s", (name, app) => {
  const stack = app.stack(`carepath-${app.config.environment}-cluster`);
  const all = (type: string): readonly Json[] => {
    const found = stack.resources(type);
    expect(found.length).toBeGreaterThan(0);
    return found;
  };
  const vpcConfig = () => stack.one("aws_eks_cluster")["vpc_config"] as Json;

  it("CKV_AWS_37: all control-plane logs are on", () => {
    const types = ["api", "audit", "authenticator", "controllerManager", "scheduler"];
    expect(stack.one("aws_eks_cluster")["enabled_cluster_log_types"]).toEqual(types);
  });

  it("CKV_AWS_38: the API endpoint is not open to 0.0.0.0/0", () => {
    const { endpoint_public_access: open, public_access_cidrs: cidrs } = vpcConfig();
    if (open === false) {
      expect(cidrs).toBeUndefined();
      return;
    }
    expect((cidrs as string[]).length).toBeGreaterThan(0);
    expect(cidrs).not.toContain("0.0.0.0/0");
  });

  // The exception: a laptop has no way into the VPC, so the demo and whoever sets CAREPATH_API_CIDRS get a public
  // endpoint for the addresses that are named.
  it("CKV_AWS_39: the API endpoint is private, or public to explicit CIDRs", () => {
    const expected = {
      demo: [true, ["203.0.113.0/24"]],
      production: [false, undefined],
      "production with public CIDRs": [true, ["52.94.236.248/32", "54.240.197.224/28"]],
      scale: [false, undefined],
    };
    const { endpoint_public_access: open, endpoint_private_access: inside, public_access_cidrs: cidrs } = vpcConfig();
    expect([open, cidrs]).toEqual(expected[name]);
    expect(inside).toBe(true);
  });

  it("CKV_AWS_58: Secrets in etcd are encrypted with our key", () => {
    expect(stack.one("aws_eks_cluster")["encryption_config"]).toEqual({
      provider: { key_arn: expect.stringMatching(/^\$\{aws_kms_key\..+\.arn\}$/) as string },
      resources: ["secrets"],
    });
  });

  it("CKV_AWS_79 and CKV_AWS_341: nodes answer IMDSv2 only, at one hop", () => {
    for (const template of all("aws_launch_template")) {
      expect(template["metadata_options"]).toMatchObject({ http_tokens: "required", http_put_response_hop_limit: 1 });
    }
  });

  it("CKV_AWS_100: no one can log in to the nodes", () => {
    for (const group of all("aws_eks_node_group")) expect(group["remote_access"]).toBeUndefined();
    for (const template of all("aws_launch_template")) expect(template["key_name"]).toBeUndefined();
  });

  it("CKV_AWS_130: no subnet gives out public addresses", () => {
    for (const subnet of all("aws_subnet")) expect(subnet["map_public_ip_on_launch"]).toBe(false);
  });

  it("CKV_AWS_7: the KMS keys rotate", () => {
    for (const key of all("aws_kms_key")) expect(key["enable_key_rotation"]).toBe(true);
  });

  it("CKV_AWS_66: every log group ends its logs", () => {
    const days = app.config.production ? 90 : 7;
    const found = all("aws_cloudwatch_log_group").map((group) => group["retention_in_days"]);
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(new Set(found)).toEqual(new Set([days]));
  });

  it("CKV2_AWS_11: the VPC has flow logs", () => {
    const [vpcId] = Object.keys(stack.json.resource["aws_vpc"] ?? {});
    expect(all("aws_flow_log")).toMatchObject([{ vpc_id: `\${aws_vpc.${vpcId ?? ""}.id}`, traffic_type: "ALL" }]);
  });

  it("CKV2_AWS_12: the default security group permits nothing", () => {
    const [group] = all("aws_default_security_group");
    expect(group?.["vpc_id"]).toMatch(/^\$\{aws_vpc\./);
    expect(group).not.toHaveProperty("ingress");
    expect(group).not.toHaveProperty("egress");
  });

  it("CKV_AWS_51 and CKV_AWS_163: image tags never move, and images are scanned", () => {
    expect(all("aws_ecr_repository")).toMatchObject([
      { image_tag_mutability: "IMMUTABLE", image_scanning_configuration: { scan_on_push: true } },
    ]);
  });

  it("no policy of ours permits every action, or any action on everything", () => {
    // Those of the two controllers are their projects', which narrow most of them by tags instead.
    const published = /^(load-balancer-controller|cluster-autoscaler)_/;
    const policies = [...app.stacks.values()].flatMap(({ json }) =>
      ["aws_iam_role_policy", "aws_iam_policy"].flatMap((type) => Object.entries(json.resource[type] ?? {})),
    );
    const own = policies.filter(([id]) => !published.test(id));
    expect(own.length).toBeGreaterThan(0);
    for (const [, { policy }] of own) {
      for (const statement of (JSON.parse(String(policy)) as PolicyJson).Statement) {
        expect([statement.Action].flat()).not.toContain("*");
        expect([statement.Resource ?? []].flat()).not.toContain("*");
        expect([statement.Resource ?? []].flat().length).toBeGreaterThan(0);
      }
    }
  });

  it("every role is assumed by exactly one AWS service", () => {
    const trusted = all("aws_iam_role").map((role) => {
      const { Statement } = JSON.parse(String(role["assume_role_policy"])) as { Statement: { Principal: unknown }[] };
      return Statement.map(({ Principal }) => Principal);
    });
    const services = ["ec2", "eks", "pods.eks", "vpc-flow-logs"].map((service) => [
      { Service: `${service}.amazonaws.com` },
    ]);
    for (const principals of trusted) expect(services).toContainEqual(principals);
    expect(trusted).toEqual(expect.arrayContaining(services));
  });
});
