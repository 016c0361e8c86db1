import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { App, TerraformStack } from "cdktf";

/** A part of Terraform JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** One container as Terraform JSON has it; only what the tests look at. */
export interface ContainerJson {
  readonly name: string;
  readonly image: string;
  readonly image_pull_policy?: string;
  readonly command?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly value_from?: Json }[];
  readonly env_from?: readonly Json[];
  readonly port: readonly { readonly name: string; readonly container_port: number; readonly host_port?: number }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly security_context?: {
    readonly privileged?: boolean;
    readonly allow_privilege_escalation?: boolean;
    readonly read_only_root_filesystem?: boolean;
    readonly run_as_non_root?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
  readonly lifecycle?: Json;
  readonly startup_probe?: ProbeJson;
  readonly liveness_probe?: ProbeJson;
  readonly readiness_probe?: ProbeJson;
  readonly termination_message_path?: string;
  readonly termination_message_policy?: string;
  readonly volume_mount: readonly {
    readonly name: string;
    readonly mount_path: string;
    readonly read_only?: boolean;
  }[];
}

export interface ProbeJson {
  readonly http_get: { readonly path: string; readonly port: string };
  readonly initial_delay_seconds?: number;
  readonly period_seconds: number;
  readonly timeout_seconds: number;
  readonly failure_threshold: number;
}

/** One pod as Terraform JSON has it. */
export interface PodJson {
  readonly automount_service_account_token?: boolean;
  readonly enable_service_links?: boolean;
  readonly host_network?: boolean;
  readonly host_pid?: boolean;
  readonly host_ipc?: boolean;
  readonly node_selector?: Readonly<Record<string, string>>;
  readonly security_context?: Json;
  readonly service_account_name?: string;
  readonly termination_grace_period_seconds?: number;
  readonly topology_spread_constraint?: readonly Json[];
  readonly container: readonly ContainerJson[];
  readonly init_container?: readonly ContainerJson[];
  readonly volume?: readonly (Json & { readonly name: string })[];
}

interface StackJson {
  readonly data?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly output?: Readonly<Record<string, { readonly value: string }>>;
  readonly provider: Readonly<Record<string, readonly Json[]>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly terraform: Json;
  readonly variable?: Readonly<Record<string, Json>>;
}

/** The Terraform JSON of one stack, as `cdktf synth` writes it. */
export class SynthesizedStack {
  readonly json: StackJson;

  constructor(readonly text: string) {
    this.json = JSON.parse(text) as StackJson;
  }

  resources(type: string): Json[] {
    return Object.values(this.json.resource[type] ?? {});
  }

  /** The only resource of a type; fails where there are none or several. */
  one(type: string): Json {
    const [resource, ...others] = this.resources(type);
    if (resource === undefined || others.length > 0) {
      throw new Error(`${this.resources(type).length} resources of type ${type}, expected 1`);
    }
    return resource;
  }

  /** `spec` of the only resource of a type. */
  spec(type: string): Json {
    return this.one(type)["spec"] as Json;
  }

  /** The pods of all Deployments and StatefulSets. */
  pods(): PodJson[] {
    return ["kubernetes_deployment_v1", "kubernetes_stateful_set_v1"].flatMap((type) =>
      this.resources(type).map((each) => (each["spec"] as { template: { spec: PodJson } }).template.spec),
    );
  }

  containers(): ContainerJson[] {
    return this.pods().flatMap((pod) => [...pod.container, ...(pod.init_container ?? [])]);
  }

  /** The one pod of the chat service and its one container. */
  chat(): { pod: PodJson; container: ContainerJson; env: Readonly<Record<string, string | undefined>> } {
    const [pod, ...others] = this.pods();
    const container = pod?.container[0];
    if (pod === undefined || container === undefined || others.length > 0) throw new Error("expected one pod");
    return { pod, container, env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])) };
  }
}

/** Runs a real `app.synth()`, which is what a user gets; `Testing.synth` leaves a part of it out. */
export function synthStack(build: (app: App) => TerraformStack): SynthesizedStack {
  const outdir = mkdtempSync(join(tmpdir(), "carepath-synth-"));
  try {
    const app = new App({ outdir, skipValidation: true, stackTraces: false });
    const stack = build(app);
    app.synth();
    return new SynthesizedStack(readFileSync(join(outdir, "stacks", stack.node.id, "cdk.tf.json"), "utf8"));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Synthesizes constructs in a separate stack. */
export function synthConstructs(build: (stack: TerraformStack) => void): SynthesizedStack {
  return synthStack((app) => {
    const stack = new TerraformStack(app, "test");
    build(stack);
    return stack;
  });
}
