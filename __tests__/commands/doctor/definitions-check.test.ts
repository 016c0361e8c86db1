import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Finding } from "../../../commands/doctor/check";
import { definitionsCheck } from "../../../commands/doctor/definitions-check";
import { ROOT } from "../../../commands/lib/repository";
import { type AppConfig } from "../../../config/schema";
import { eksConfig, existingClusterConfig } from "../../helpers/sample-config";

const home = mkdtempSync(join(tmpdir(), "definitions-check-"));
const KUBECONFIG = join(home, "config");
writeFileSync(
  KUBECONFIG,
  "contexts: [{ name: ours, context: { cluster: 'arn:aws:eks:eu-central-1:1:cluster/carepath-sample' } }]",
);
afterAll(() => rmSync(home, { recursive: true }));

const PROMETHEUS = { monitoring: { prometheus: true } };
const SCALED = { maxReplicas: 2, cache: { mode: "per-replica" } } as const;
const EXTERNAL = {
  apiKeys: { source: "external-secret", name: "chat-keys", store: { name: "vault" }, remoteKey: "chat" },
} as const;
const INSTALL_PROMETHEUS =
  "helm install kube-prometheus-stack kube-prometheus-stack --version 88.5.3 --repo https://prometheus-community.github.io/helm-charts --namespace monitoring --create-namespace";

/** `answer` is what kubectl says; undefined is a cluster that does not answer. */
function find(config: AppConfig, answer?: string) {
  const calls: string[] = [];
  const finding = definitionsCheck.run({
    config,
    env: { HOME: "/home/ann", KUBECONFIG },
    nodeVersion: "v22.12.0",
    now: new Date(),
    aws: undefined,
    run: (command, args) => {
      calls.push([command, ...args].join(" "));
      return answer;
    },
  }) as Finding;
  return { finding, calls };
}

it("asks the cluster for the kinds of the objects that the chat stack makes", () => {
  const crds = ["podmonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com", "scaledobjects.keda.sh"];
  const answer = crds.map((name) => `customresourcedefinition.apiextensions.k8s.io/${name}\n`).join("");
  const { finding, calls } = find(eksConfig(SCALED, PROMETHEUS), answer);
  expect(finding).toEqual({ level: "ok", detail: crds.join(", ") });
  expect(calls).toEqual([
    `kubectl --context ours --request-timeout=10s get crd ${crds.join(" ")} --ignore-not-found -o name`,
  ]);
});

it.each<[string, AppConfig, string, string]>([
  [
    "the Prometheus Operator",
    eksConfig({}, PROMETHEUS),
    "podmonitors.monitoring.coreos.com, prometheusrules.monitoring.coreos.com",
    INSTALL_PROMETHEUS,
  ],
  [
    "the Prometheus Operator in the namespace of the configuration",
    eksConfig({}, { monitoring: { prometheus: true, namespace: "seen" } }),
    "podmonitors.monitoring.coreos.com, prometheusrules.monitoring.coreos.com",
    INSTALL_PROMETHEUS.replace("--namespace monitoring", "--namespace seen"),
  ],
  [
    "the External Secrets Operator",
    eksConfig(EXTERNAL),
    "externalsecrets.external-secrets.io",
    "helm install external-secrets external-secrets --version 2.9.0 --repo https://charts.external-secrets.io --namespace external-secrets --create-namespace",
  ],
  [
    "KEDA, which the platform stack has",
    eksConfig(SCALED),
    "scaledobjects.keda.sh",
    "npm run deploy -- carepath-sample-platform",
  ],
  [
    "KEDA on a cluster without platform stack, and an operator beside it",
    existingClusterConfig(SCALED, PROMETHEUS),
    "podmonitors.monitoring.coreos.com, prometheusrules.monitoring.coreos.com, scaledobjects.keda.sh",
    `${INSTALL_PROMETHEUS} && helm install keda keda --version 2.20.2 --repo https://kedacore.github.io/charts --namespace kube-system --create-namespace`,
  ],
])("says how to install %s", (_, config, missing, fix) => {
  expect(find(config, "").finding).toEqual({
    level: "problem",
    detail: `the cluster has no ${missing}: the chat stack cannot be planned`,
    fix,
  });
});

it("names only what is missing", () => {
  const answer = "customresourcedefinition.apiextensions.k8s.io/podmonitors.monitoring.coreos.com\n";
  expect(find(eksConfig({}, PROMETHEUS), answer).finding.detail).toBe(
    "the cluster has no prometheusrules.monitoring.coreos.com: the chat stack cannot be planned",
  );
});

it("skips a cluster that is not there yet, and an environment that needs none", () => {
  expect(find(eksConfig(SCALED)).finding).toEqual({
    level: "skipped",
    detail: "the cluster is not there or does not answer; it needs scaledobjects.keda.sh",
  });
  const elsewhere = find({ ...eksConfig(SCALED), environment: "other" }, "");
  expect([elsewhere.finding.level, elsewhere.calls]).toEqual(["skipped", []]);
  expect(find(eksConfig()).finding).toEqual({
    level: "skipped",
    detail: "the environment makes no objects of such kinds",
  });
});

it("is the line of docs/monitoring.md", () => {
  const page = readFileSync(join(ROOT, "docs/monitoring.md"), "utf8").replace(/\s*\\\n\s*/g, " ");
  expect(page).toContain(`\n${INSTALL_PROMETHEUS}\n`);
});
