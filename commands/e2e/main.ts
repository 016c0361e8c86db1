/** `npm run e2e -- --context NAME`: the chat stack on a real cluster, broken on purpose; see `--help`. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BlockList } from "node:net";

import { Cluster, runHook } from "../../e2e/lib/cluster";
import { removeDefinitions } from "../../e2e/lib/definitions";
import { NAMESPACE_PREFIX, SETTINGS_VARIABLE, type Settings } from "../../e2e/lib/settings";
import { runOrThrow } from "../../e2e/lib/run";
import { FROM_USER, npmCommand, run, UsageError } from "../lib/command-line";
import { ROOT } from "../lib/repository";

export const command = npmCommand(
  "e2e",
  "Deploys the chat stack to your cluster (kind, minikube, ...) with a model of random weights that is served from this " +
    `machine, breaks it in many ways, and takes everything away again. Only namespaces ${NAMESPACE_PREFIX}* are touched; definitions of custom resources that ` +
    "the cluster lacks are there meanwhile.",
)
  .requiredOption("--context <name>", "context of the kubeconfig")
  .option("--kubeconfig <file>", "(default: KUBECONFIG, then ~/.kube/config)")
  .option("--storage-class <name>", "(default: the cluster's default class)")
  .option(
    "--address <ip>",
    "address of this machine that pods can reach (default: the one in the network of the nodes)",
  )
  .option(
    "--hooks <program>",
    "builds and loads the image, restarts the kubelet, pauses the API server",
    join("e2e", "hooks", "kind.sh"),
  )
  .option("--all", "also the tests that take long", false)
  .option("--only <text>", "tests whose name has this text")
  .option("--keep", "leave the namespaces and the scratch folder", false);

async function main(argv: readonly string[]): Promise<number> {
  // Ctrl-C ends the tests, which get it too; what they have made is still taken away.
  process.on("SIGINT", () => undefined).on("SIGTERM", () => undefined);
  const { context, ...values } = command.parse(argv, FROM_USER).opts();
  const scratch = mkdtempSync(join(tmpdir(), "carepath-e2e-"));
  const kubeconfig = resolve(values.kubeconfig ?? process.env["KUBECONFIG"] ?? join(homedir(), ".kube/config"));
  const basics = {
    root: ROOT,
    scratch,
    kubectl: process.env["KUBECTL"] ?? "kubectl",
    context,
    kubeconfig,
    hooks: resolve(ROOT, values.hooks),
    all: values.all,
    image: { repository: "carepath-chat", tag: `e2e-${await contentOfImage()}` },
  };
  const cluster = new Cluster({ ...basics, storageClass: "", address: "" });
  try {
    const settings: Settings = {
      ...basics,
      address: values.address ?? (await addressForPods(cluster)),
      storageClass: values.storageClass ?? (await defaultStorageClass(cluster)),
    };
    process.stdout.write(`${context}: model from ${settings.address}, volumes of class ${settings.storageClass}\n`);
    const image = `${settings.image.repository}:${settings.image.tag}`;
    process.stdout.write(`Building and loading ${image} ...\n`);
    await runHook(settings, "image", { IMAGE: image });
    await removeLeftovers(cluster);
    return runTests(settings, values.only);
  } finally {
    if (values.keep) process.stdout.write(`Kept: namespaces ${NAMESPACE_PREFIX}*, ${scratch}\n`);
    else {
      await removeLeftovers(cluster);
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

function runTests(settings: Settings, only: string | undefined): number {
  const file = join(settings.scratch, "settings.json");
  writeFileSync(file, JSON.stringify(settings));
  if (!settings.all) process.stdout.write("The default set; --all runs the tests that take long as well.\n");
  const jest = [join(ROOT, "node_modules/jest/bin/jest.js"), "--selectProjects", "e2e", "--runInBand", "--verbose"];
  const { status } = spawnSync(process.execPath, [...jest, ...(only === undefined ? [] : ["-t", only])], {
    cwd: ROOT,
    env: { ...process.env, [SETTINGS_VARIABLE]: file },
    stdio: "inherit",
  });
  return status ?? 1;
}

/** Tag of the image: the same for the same files, so that a hook can skip what is there already. */
async function contentOfImage(): Promise<string> {
  const parts = ["service", "package.json", "package-lock.json", "tsconfig.base.json", "tools"];
  const listed = await runOrThrow("git", ["ls-files", "-z", "-co", "--exclude-standard", ...parts], { cwd: ROOT });
  const hash = createHash("sha256");
  for (const path of listed.split("\0").filter(Boolean).sort())
    hash.update(path).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex").slice(0, 12);
}

/** The address of this machine that is in one network with a node, or that is the node's. */
async function addressForPods(cluster: Cluster): Promise<string> {
  const nodes = await cluster.list("nodes", undefined);
  const node = nodes
    .flatMap((each) => (each["status"] as { addresses: { type: string; address: string }[] }).addresses)
    .find(({ type }) => type === "InternalIP")?.address;
  if (node === undefined) throw new UsageError("the cluster has no node with an internal address. Start one.");
  for (const { family, cidr, address } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    if (family !== "IPv4" || cidr === null) continue;
    const network = new BlockList();
    const [, prefix = "32"] = cidr.split("/");
    network.addSubnet(address, Number(prefix));
    if (network.check(node)) return address;
  }
  throw new UsageError(
    `no address of this machine is in the network of the node (${node}), so pods may not reach the model. ` +
      "Say which address they can reach: --address IP.",
  );
}

async function defaultStorageClass(cluster: Cluster): Promise<string> {
  const classes = await cluster.list("storageclasses", undefined);
  const chosen = classes.find(
    ({ metadata }) =>
      (metadata as { annotations?: Record<string, string> }).annotations?.[
        "storageclass.kubernetes.io/is-default-class"
      ] === "true",
  );
  if (chosen !== undefined) return chosen.metadata.name;
  throw new UsageError("the cluster has no default StorageClass. Name one: --storage-class NAME.");
}

async function removeLeftovers(cluster: Cluster): Promise<void> {
  const names = (await cluster.list("namespaces", undefined)).map(({ metadata }) => metadata.name);
  await cluster.deleteNamespaces(names.filter((name) => name.startsWith(NAMESPACE_PREFIX)));
  await removeDefinitions(cluster);
}

if (require.main === module) void run(main);
