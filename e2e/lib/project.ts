import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type AppConfigInput } from "../../config/schema";
import { type KubernetesObject } from "./cluster";
import { kubernetesObjects } from "../../commands/lib/kubernetes-objects";
import { memoryLimit } from "../../planning/capacity/memory-limit";
import { DEFAULTS } from "../../service/src/contract";
import { type ModelFile } from "./model-files";
import { outsideJest, run, runOrThrow, type Finished } from "./run";
import { NAMESPACE_PREFIX, type Settings } from "./settings";

type ChatInput = AppConfigInput["chat"];

/** The stack that `CAREPATH_ENV=local` deploys. */
const STACK = "carepath-local-chat";

/**
 * A copy of the checkout with its own configuration, as a user would edit it: `config/environments/local.ts`. The
 * Terraform state lies in the copy too, so nothing of the user's own deployment is touched.
 */
export class Project {
  readonly namespace: string;
  readonly folder: string;
  /** For Terraform variables. */
  env: Readonly<Record<string, string>> = {};

  constructor(
    private readonly settings: Settings,
    name: string,
  ) {
    this.namespace = `${NAMESPACE_PREFIX}${name}`;
    this.folder = join(settings.scratch, name);
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: settings.root,
      encoding: "utf8",
    });
    for (const file of listed.split("\0").filter((path) => path !== "" && existsSync(join(settings.root, path)))) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(settings.root, file), join(this.folder, file));
    }
    symlinkSync(join(settings.root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Writes the configuration: the smallest workload that serves `model`, changed by `chat`, with the least memory for it. */
  configure(
    model: ModelFile & { readonly url: string },
    chat: Partial<ChatInput> = {},
    rest: Pick<AppConfigInput, "monitoring"> = {},
  ): void {
    const { context, kubeconfig, storageClass, image } = this.settings;
    const { url, bytes, sha256, shape } = model;
    const {
      contextSize = DEFAULTS.contextSize,
      parallelSlots: slots = DEFAULTS.parallelSlots,
      stateCacheMiB = 64,
    } = chat;
    const config: AppConfigInput = {
      environment: "local",
      target: "existing-cluster",
      kubeconfigContext: context,
      kubeconfigPath: kubeconfig,
      storage: { className: storageClass },
      ...rest,
      chat: {
        namespace: this.namespace,
        model: { source: "custom", id: "random-weights", url, bytes, sha256, licence: "none", shape },
        image,
        cpuCores: 1,
        memoryMiB: memoryLimit(model, { contextSize, slots, stateCacheMiB }).totalMiB,
        stateCacheMiB,
        cache: { sizeGiB: 1 },
        apiKeys: { source: "none" },
        ...chat,
      },
    };
    writeFileSync(
      join(this.folder, "config/environments/local.ts"),
      `import { type AppConfigInput } from "../schema";\n\nexport const local: AppConfigInput = ${JSON.stringify(config, null, 2)};\n`,
    );
  }

  deploy(): Promise<string> {
    return this.npmRun("deploy", "--auto-approve");
  }

  /** Takes the stack away, and the namespace with it. */
  destroy(): Promise<string> {
    return this.npmRun("destroy", "--auto-approve");
  }

  /** @param env variables of the configuration, e.g. another environment */
  synth(env: Readonly<Record<string, string>> = {}): Promise<string> {
    return runOrThrow("npm", ["run", "-s", "synth"], { cwd: this.folder, env: { ...this.environment, ...env } });
  }

  /** What doctor says of the environment. Its exit code is not looked at: a machine need not have every tool. */
  async doctor(): Promise<readonly { readonly title: string; readonly level: string }[]> {
    const { stdout } = await run("npm", ["run", "-s", "doctor", "--", "--json"], {
      cwd: this.folder,
      env: this.environment,
    });
    return (JSON.parse(stdout) as { checks: { title: string; level: string }[] }).checks;
  }

  /** The objects of every stack of the last synth, as the API server takes them. */
  objects(): KubernetesObject[] {
    const stacks = join(this.outdir, "stacks");
    // Folders without it are those of an earlier synth of another environment.
    const files = readdirSync(stacks).map((stack) => join(stacks, stack, "cdk.tf.json"));
    return files
      .filter((file) => existsSync(file))
      .flatMap((file) => kubernetesObjects(JSON.parse(readFileSync(file, "utf8"))));
  }

  /** Terraform itself, in the folder of the stack. */
  terraform(...args: readonly string[]): Promise<Finished> {
    return run(process.env["TERRAFORM_BINARY_NAME"] ?? "terraform", args, {
      cwd: this.stackFolder,
      env: this.environment,
    });
  }

  get stackFolder(): string {
    return join(this.folder, "cdktf.out/stacks", STACK);
  }

  get outdir(): string {
    return join(this.folder, "cdktf.out");
  }

  get stateFile(): string {
    return join(this.folder, `terraform.${STACK}.tfstate`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get environment(): NodeJS.ProcessEnv {
    return { ...outsideJest(), ...this.env, CAREPATH_ENV: "local" };
  }

  private npmRun(script: string, ...args: readonly string[]): Promise<string> {
    return runOrThrow("npm", ["run", "-s", script, ...(args.length === 0 ? [] : ["--", ...args])], {
      cwd: this.folder,
      env: this.environment,
    });
  }
}
