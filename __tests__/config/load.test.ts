import { ConfigError } from "../../config/config-error";
import { ENVIRONMENTS } from "../../config/environments";
import { demo } from "../../config/environments/demo";
import { loadConfig, readConfig } from "../../config/load";
import { type EksConfig } from "../../config/schema";
import { PRODUCTION_VARIABLES } from "../helpers/production-variables";

const PRODUCTION = { ...PRODUCTION_VARIABLES, CAREPATH_ENV: "production", CAREPATH_STATE_BUCKET: "team-state" };

function eks(env: NodeJS.ProcessEnv): EksConfig {
  const { config } = loadConfig(env);
  if (config.target !== "eks") throw new Error(`${config.environment} is not on EKS`);
  return config;
}

function message(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

it("demo is the default and needs nothing from outside", () => {
  expect(eks({})).toEqual(eks({ CAREPATH_ENV: "demo", CAREPATH_REGION: "" }));
  expect(eks({}).chat.model).toEqual({ source: "catalogue", id: "qwen2.5-3b-instruct" });
});

it("an unknown environment lists the known ones", () => {
  expect(message({ CAREPATH_ENV: "prodution" })).toBe(
    'CAREPATH_ENV: 1 problem\n  - CAREPATH_ENV ("prodution"): must be one of demo, production, local, scale. Did you mean "production"?',
  );
  expect(message({ CAREPATH_ENV: "prod" })).toContain('Did you mean "production"?');
  expect(message({ CAREPATH_ENV: "toString" })).toContain("must be one of demo, production, local, scale. Choose one");
});

it("production names every variable that it lacks at once", () => {
  expect(message({ CAREPATH_ENV: "production" })).toBe(
    [
      'environment "production": 5 problems',
      '  - state.type ("local"): must be "s3" in production: a local state file can be lost, and two people could deploy at once ' +
        "without a lock. Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` creates the bucket).",
      "  - chat.image ({}): needs a digest or a tag, so that it is known which build runs. " +
        "Run `npm run image` (its registry comes with `npm run deploy -- carepath-production-cluster`), " +
        "or set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG.",
      "  - chat.exposure.host (not set): is missing: a certificate is for a name. Set CAREPATH_HOST to the DNS name of the service, e.g. chat.example.com.",
      "  - chat.exposure.certificateArn (not set): is missing, and so is hostedZoneId, with which a certificate would be made: HTTPS needs one of them. " +
        "Set CAREPATH_HOSTED_ZONE_ID to the Route 53 zone of the host, or CAREPATH_CERTIFICATE_ARN.",
      "  - chat.exposure.sourceCidrs ([]): must name the networks that may connect: without them the load balancer is open to everyone. " +
        "Set CAREPATH_SOURCE_CIDRS to the networks of the users, or to 0.0.0.0/0 where everyone may.",
    ].join("\n"),
  );
  expect(eks(PRODUCTION).production).toBe(true);
});

it("a misspelt variable is not ignored, and one for another target is refused", () => {
  expect(message({ CAREPATH_REGON: "eu-west-1" })).toBe(
    'environment "demo": 1 problem\n  - CAREPATH_REGON ("eu-west-1"): is not a known variable. Did you mean CAREPATH_REGION?',
  );
  expect(message({ CAREPATH_KUBE_CONTEXT: "kind-x" })).toBe(
    'environment "demo": 1 problem\n  - CAREPATH_KUBE_CONTEXT ("kind-x"): is only for environments whose target is "existing-cluster", ' +
      `and the target of this one is "eks". Unset it, or choose another environment with CAREPATH_ENV.`,
  );
});

describe("a file of an environment", () => {
  const registered = (name: string, file: unknown, load: () => void) => {
    Object.assign(ENVIRONMENTS, { [name]: file });
    try {
      load();
    } finally {
      Reflect.deleteProperty(ENVIRONMENTS, name);
    }
  };

  it("is refused under another name than its own: it would synthesize the stacks of the original", () => {
    registered("mine", demo, () =>
      expect(message({ CAREPATH_ENV: "mine" })).toBe(
        'environment "mine": 1 problem\n  - environment ("demo"): must be "mine", the name under which ' +
          'config/environments/index.ts registers the file. Write environment: "mine".',
      ),
    );
    registered("mine", { ...demo, environment: "mine" }, () =>
      expect(eks({ CAREPATH_ENV: "mine" }).environment).toBe("mine"),
    );
  });

  it("may lack a section, which is a problem like others", () => {
    registered("mine", { environment: "mine", target: "eks", region: "us-east-1" }, () => {
      const text = message({ CAREPATH_ENV: "mine", CAREPATH_IMAGE_TAG: "1.0.0" });
      expect(text).toContain("network (not set): is missing.");
      expect(message({ CAREPATH_ENV: "mine" })).toContain("chat (not set): is missing.");
    });
  });
});

it("reads a configuration whatever the rules between its values say", () => {
  expect(readConfig({ CAREPATH_ENV: "production" }).chat.image).toEqual({});
  expect(() => readConfig({ CAREPATH_REGON: "eu-west-1" })).toThrow(ConfigError);
});

it("shows one problem for a value that breaks its bounds and a rule", () => {
  const text = message({ CAREPATH_API_CIDRS: "10.0.0.1", CAREPATH_ZONES: "us-west-2a,us-west-2b" });
  expect(text).toContain("2 problems");
  expect(text).toContain('network.zones (["us-west-2a","us-west-2b"]): must be zones of region "us-east-1"');
});

describe("overrides", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  it("a region takes the zones of the file along, unless they are named", () => {
    expect(eks({ CAREPATH_REGION: "eu-west-1" })).toMatchObject({
      region: "eu-west-1",
      network: { zones: ["eu-west-1a", "eu-west-1b"] },
    });
    expect(eks({ CAREPATH_REGION: "eu-west-1", CAREPATH_ZONES: "eu-west-1b, eu-west-1c" }).network.zones).toEqual([
      "eu-west-1b",
      "eu-west-1c",
    ]);
  });

  it("a state bucket turns S3 on, in the region of the environment unless another is named", () => {
    expect(eks({ CAREPATH_STATE_BUCKET: "team-state", CAREPATH_REGION: "eu-west-1" }).state).toEqual({
      type: "s3",
      bucket: "team-state",
      region: "eu-west-1",
      keyPrefix: "carepath-chat",
    });
    const kmsKeyArn = "arn:aws:kms:us-east-2:123456789012:key/1";
    expect(
      eks({
        CAREPATH_STATE_BUCKET: "team-state",
        CAREPATH_STATE_REGION: "us-east-2",
        CAREPATH_STATE_KMS_KEY_ARN: kmsKeyArn,
      }).state,
    ).toMatchObject({ region: "us-east-2", kmsKeyArn });
    expect(message({ CAREPATH_STATE_REGION: "us-east-2" })).toContain(
      "CAREPATH_STATE_BUCKET (not set): is missing: the other CAREPATH_STATE_ variables describe a bucket.",
    );
  });

  it("an environment without a region needs that of the bucket", () => {
    const env = { CAREPATH_ENV: "local", CAREPATH_STATE_BUCKET: "team-state" };
    expect(message(env)).toBe(
      'environment "local": 1 problem\n  - CAREPATH_STATE_REGION (not set): is missing: the environment has no region that the ' +
        "state bucket could be in. Set CAREPATH_STATE_REGION to the region of the bucket, e.g. us-east-1.",
    );
    expect(loadConfig({ ...env, CAREPATH_STATE_REGION: "us-east-2" }).config.state).toMatchObject({
      region: "us-east-2",
    });
  });

  it("API CIDRs open the endpoint to themselves alone", () => {
    expect(eks({ ...PRODUCTION, CAREPATH_API_CIDRS: "52.94.236.248/32" }).cluster.endpoint).toEqual({
      publicAccess: true,
      publicAccessCidrs: ["52.94.236.248/32"],
      allowAnyCidr: false,
      deployFromInside: false,
    });
    expect(message({ CAREPATH_API_CIDRS: "0.0.0.0/0" })).toContain(
      "must not contain 0.0.0.0/0, which lets everyone try the API server.",
    );
  });

  it("a statement that this machine is inside, and nothing but true says so", () => {
    expect(eks({ ...PRODUCTION, CAREPATH_DEPLOY_FROM_INSIDE: "true" }).cluster.endpoint.deployFromInside).toBe(true);
    expect(message({ CAREPATH_DEPLOY_FROM_INSIDE: "yes" })).toContain(
      'cluster.endpoint.deployFromInside ("yes"): must be true or false.',
    );
  });

  it("image, model, instance type, administrators and storage class", () => {
    const arn = "arn:aws:iam::123456789012:role/admin";
    const config = eks({
      CAREPATH_IMAGE_REPOSITORY: "ghcr.io/team/chat",
      CAREPATH_IMAGE_TAG: "2.0.0",
      CAREPATH_IMAGE_DIGEST: digest,
      CAREPATH_MODEL_ID: "qwen2.5-1.5b-instruct",
      CAREPATH_MODEL_MIRROR_BUCKET: "team-models",
      CAREPATH_INSTANCE_TYPE: "m7i.xlarge",
      CAREPATH_ADMIN_ARNS: arn,
      CAREPATH_STORAGE_CLASS: "fast",
    });
    expect(config.chat.image).toEqual({ repository: "ghcr.io/team/chat", tag: "2.0.0", digest });
    expect(config.chat.model).toEqual({ source: "catalogue", id: "qwen2.5-1.5b-instruct" });
    expect(config.modelMirror).toEqual({ bucket: "team-models" });
    expect(config.nodes.instanceType).toBe("m7i.xlarge");
    expect(config.cluster.adminPrincipalArns).toEqual([arn]);
    expect(config.storage.className).toBe("fast");
  });

  it("context and path of the kubeconfig", () => {
    const env = { CAREPATH_ENV: "local", CAREPATH_KUBE_CONTEXT: "minikube", CAREPATH_KUBECONFIG: "./kubeconfig" };
    expect(loadConfig(env).config).toMatchObject({ kubeconfigContext: "minikube", kubeconfigPath: "./kubeconfig" });
  });
});
