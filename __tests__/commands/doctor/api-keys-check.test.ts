import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { apiKeysCheck } from "../../../commands/doctor/api-keys-check";
import { type Finding } from "../../../commands/doctor/check";
import { type AppConfig } from "../../../config/schema";
import { eksConfig, existingClusterConfig } from "../../helpers/sample-config";

const SECRET = { source: "existing-secret", name: "chat-keys" } as const;
const EXTERNAL = {
  source: "external-secret",
  name: "chat-keys",
  store: { name: "secrets-manager" },
  remoteKey: "carepath/chat-keys",
} as const;
const home = mkdtempSync(join(tmpdir(), "api-keys-check-"));
const KUBECONFIG = join(home, "config");
writeFileSync(
  KUBECONFIG,
  "contexts: [{ name: ours, context: { cluster: 'arn:aws:eks:eu-central-1:123456789012:cluster/carepath-sample' } }]",
);
afterAll(() => rmSync(home, { recursive: true }));
const CREATE =
  "openssl rand -hex 24 > chat-keys.txt && kubectl --namespace carepath-demo create secret generic chat-keys --from-file=keys=chat-keys.txt";

/** `answers` by the kind of object that kubectl is asked for; a kind that is missing is not there. */
function find(config: AppConfig, answers: Readonly<Record<string, string>> = {}, env: NodeJS.ProcessEnv = {}) {
  const calls: string[] = [];
  const finding = apiKeysCheck.run({
    config,
    env: { HOME: "/home/ann", KUBECONFIG, ...env },
    nodeVersion: "v22.12.0",
    now: new Date(),
    aws: undefined,
    run: (command, args) => {
      calls.push([command, ...args].join(" "));
      return answers[args[args.indexOf("get") + 1] ?? ""];
    },
  }) as Finding;
  return { finding, calls };
}

describe("a Secret that no stack writes", () => {
  it("is there, and only the names of its keys are asked for", () => {
    const { finding, calls } = find(eksConfig({ apiKeys: SECRET }), { secret: "keys other " });
    expect(finding).toEqual({ level: "ok", detail: "Secret carepath-demo/chat-keys" });
    expect(calls.at(-1)).toBe(
      "kubectl --context ours --request-timeout=10s get secret chat-keys --namespace carepath-demo -o " +
        "go-template={{range $key, $value := .data}}{{$key}} {{end}}",
    );
  });

  it("has the keys under another name", () => {
    expect(find(eksConfig({ apiKeys: SECRET }), { secret: "api-keys " }).finding).toEqual({
      level: "problem",
      detail: 'Secret carepath-demo/chat-keys has no "keys" (it has: api-keys)',
      fix: `Put the API keys under "keys", one a line. ${CREATE}`,
    });
  });

  it("is missing in a namespace that is there", () => {
    expect(find(eksConfig({ apiKeys: SECRET }), { namespace: "namespace/carepath-demo" }).finding).toEqual({
      level: "warning",
      detail: "Secret carepath-demo/chat-keys is not there: the pods wait for it and do not start",
      fix: CREATE,
    });
  });

  it("cannot be there before its namespace", () => {
    expect(find(eksConfig({ apiKeys: SECRET })).finding).toEqual({
      level: "skipped",
      detail: "namespace carepath-demo is not there or not readable",
      fix: `After the deploy of the platform stack: ${CREATE}`,
    });
  });

  it("is looked for at the context of an existing cluster", () => {
    const { calls } = find(existingClusterConfig({ apiKeys: SECRET }), { secret: "keys " });
    expect(calls[0]).toContain("kubectl --kubeconfig /home/ann/.kube/config --context kind-carepath ");
  });

  it("is not looked for in the cluster of another context", () => {
    const { calls } = find({ ...eksConfig({ apiKeys: SECRET }), environment: "other" }, { secret: "keys " });
    expect(calls.filter((call) => call.includes("get secret"))).toEqual([]);
  });
});

it("expects the Secret of an external store after the deploy only", () => {
  expect(find(eksConfig({ apiKeys: EXTERNAL })).finding).toEqual({
    level: "skipped",
    detail: "Secret carepath-demo/chat-keys is not there or not readable; the deploy of the chat stack makes it",
  });
});

describe("the Terraform variable", () => {
  const config = eksConfig({ apiKeys: { source: "terraform-variable" } });

  it("is set", () => {
    expect(find(config, {}, { TF_VAR_chat_api_keys: "one" }).finding).toEqual({
      level: "ok",
      detail: "TF_VAR_chat_api_keys is set",
    });
  });

  it.each([{}, { TF_VAR_chat_api_keys: " " }])("is missing: %j", (env) => {
    expect(find(config, {}, env).finding).toEqual({
      level: "problem",
      detail: "TF_VAR_chat_api_keys is not set, and the deploy of the chat stack needs it",
      fix: "Type the keys without leaving them in the history of the shell: read -rs TF_VAR_chat_api_keys && export TF_VAR_chat_api_keys",
    });
  });
});

it("skips an environment without keys", () => {
  expect(find(eksConfig()).finding).toEqual({
    level: "skipped",
    detail: "the environment has none: only its own namespace reaches the service",
  });
});
