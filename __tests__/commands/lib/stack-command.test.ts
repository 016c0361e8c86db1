import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { deployStacks } from "../../../commands/lib/change-stacks";
import { UsageError } from "../../../commands/lib/command-line";
import {
  AS_SYNTHESIZED,
  environmentOf,
  prepareStacks,
  requireApproval,
  type StackOptions,
  withImage,
} from "../../../commands/lib/stack-command";
import { loadConfig } from "../../../config/load";
import { type FakeStack, FakeTerraform } from "../../helpers/fake-terraform";
import { PRODUCTION_VARIABLES } from "../../helpers/production-variables";

let fake: FakeTerraform;

function prepared(
  stacks: Readonly<Record<string, FakeStack>>,
  {
    names = [],
    use = "send",
    env = {},
    ...options
  }: Partial<StackOptions> & { names?: readonly string[]; use?: "send" | "compare"; env?: NodeJS.ProcessEnv } = {},
) {
  fake = new FakeTerraform(mkdtempSync(join(tmpdir(), "carepath-stacks-")), stacks);
  const all = { ...AS_SYNTHESIZED, output: dirname(fake.binary), autoApprove: true, ...options };
  return prepareStacks(names, all, use, { ...fake.env, ...env });
}

const KEYS = { variables: { chat_api_keys: { ephemeral: true, description: "API keys, one a line." } } };

afterEach(() => {
  fake.remove();
  jest.restoreAllMocks();
});

describe("a missing variable", () => {
  it("is refused before Terraform starts, with a line that sets it", () => {
    expect(() => prepared({ chat: KEYS })).toThrow(
      new UsageError(
        "chat needs the variable chat_api_keys (API keys, one a line.). Set it, without leaving it in the history of the shell: " +
          "read -rs TF_VAR_chat_api_keys && export TF_VAR_chat_api_keys",
      ),
    );
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ["the environment", { env: { TF_VAR_chat_api_keys: "key" } }],
    ["--var", { var: ["chat_api_keys=key"] }],
    ["a file of variables", { varFile: ["keys.tfvars"] }],
  ])("may come from %s", (_, given) => {
    expect(() => prepared({ chat: KEYS }, given)).not.toThrow();
  });

  it("does not matter where ephemeral values are only compared", async () => {
    jest.spyOn(process.stdout, "write").mockReturnValue(true);
    await deployStacks(prepared({ chat: KEYS }, { use: "compare" }));
    const seen = readFileSync(join(fake.stacks[0]?.folder ?? "", "environment"), "utf8").split("\0");
    expect(seen).toEqual(expect.arrayContaining(["TF_VAR_chat_api_keys=not-needed-here", "TF_INPUT=0"]));
  });

  it("is refused in a comparison too, when its value is in the plan", () => {
    expect(() => prepared({ chat: { variables: { size: {} } } }, { use: "compare" })).toThrow(
      "chat needs the variable size.",
    );
  });
});

describe("the stacks", () => {
  const CHAIN = { chat: { dependencies: ["cluster"] }, cluster: {} };

  it("are taken in the order of their dependencies", () => {
    expect(prepared(CHAIN).chosen.map(({ name }) => name)).toEqual(["cluster", "chat"]);
    expect(prepared(CHAIN, { names: ["chat"] }).chosen.map(({ name }) => name)).toEqual(["chat"]);
  });

  it("are listed for a name that is not among them", () => {
    expect(() => prepared(CHAIN, { names: ["clustr"] })).toThrow(
      new UsageError(
        '"clustr" is not a stack of this environment. Its stacks are cluster, chat. Did you mean cluster?',
      ),
    );
  });

  it("need a synth before", () => {
    expect(() => prepared(CHAIN, { output: "/nonexistent" })).toThrow(
      "/nonexistent/manifest.json: does not exist, so nothing was synthesized. Run npm run synth.",
    );
  });
});

describe("an image that is not built yet", () => {
  const { CAREPATH_IMAGE_DIGEST, ...others } = PRODUCTION_VARIABLES;
  const env = { ...others, CAREPATH_ENV: "production" };

  it("is not asked for by the stacks before the chat stack: the first of them makes its registry", () => {
    for (const names of [
      ["carepath-production-cluster"],
      ["carepath-production-cluster", "carepath-production-platform"],
    ])
      expect(loadConfig(environmentOf(names, env)).config.chat.image).toEqual({ tag: "not-built-yet" });
  });

  it("is asked for by the chat stack", () => {
    for (const names of [
      [],
      ["carepath-production-chat"],
      ["carepath-production-platform", "carepath-production-chat"],
    ])
      expect(() => loadConfig(environmentOf(names, env))).toThrow("chat.image ({}): needs a digest or a tag");
  });

  it("does not hinder a destroy", () => {
    expect(loadConfig(withImage(env)).config.chat.image).toEqual({ tag: "not-built-yet" });
  });

  it("does not replace one that is there, nor anything else that is missing", () => {
    const built = { ...env, CAREPATH_IMAGE_DIGEST };
    expect(environmentOf(["carepath-production-cluster"], built)).toBe(built);
    expect(() => loadConfig(environmentOf(["carepath-production-cluster"], { ...env, CAREPATH_HOST: "" }))).toThrow(
      /^environment "production": 1 problem\n {2}- chat\.exposure\.host /,
    );
  });
});

it("hands the options on to Terraform", async () => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const options = { var: ["a=b"], target: ["x.y"], parallelism: "1", refreshOnly: true, migrateState: true };
  await deployStacks(prepared({ cluster: {} }, options));
  const plan = fake.calls.find((call) => call.startsWith("cluster plan"));
  for (const word of ["-var a=b", "-target=x.y", "-parallelism=1", "-refresh-only"]) expect(plan).toContain(word);
  expect(fake.calls[0]).toMatch(/^cluster init .*-migrate-state -force-copy$/);
});

it("changes nothing without a person and without --auto-approve", () => {
  fake = new FakeTerraform(mkdtempSync(join(tmpdir(), "carepath-stacks-")), {});
  expect(() => requireApproval("deploy", false, "npm run diff")).toThrow(
    new UsageError(
      "deploy without a terminal: no one can approve the plan. Read it first (npm run diff), then add --auto-approve: npm run deploy -- --auto-approve.",
    ),
  );
  expect(() => requireApproval("deploy", true, "npm run diff")).not.toThrow();
});
