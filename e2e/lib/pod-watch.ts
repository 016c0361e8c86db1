import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

import { chatStatus, type Cluster, type KubernetesObject } from "./cluster";

/** Something that the API told, with the wall-clock time of this machine at which it arrived. */
export interface Seen {
  readonly at: number;
  readonly what: string;
}

/** What the milestone of a failed startup probe begins with; its number follows. */
export const STARTUP_FAILURE = "startup failure ";

/** How the kubelet begins the message of its event. */
const FAILED_STARTUP_MESSAGE = "Startup probe failed";

/**
 * Follows the chat pods, their events and the EndpointSlices of a namespace, from before the workload is there. `of` gives the
 * milestones of a pod in the order of their arrival: `container started`, `startup failure N`, `running`, `started`, `ready`,
 * `in the endpoints`, `left the endpoints`, `deleted`, `exit N`, `restart N`.
 */
export class PodWatch {
  private readonly milestones = new Map<string, Seen[]>();
  private readonly children: ChildProcess[] = [];
  private readonly serving = new Map<string, Set<string>>();

  constructor(cluster: Cluster, namespace: string) {
    this.follow(cluster, namespace, "pods", (pod) => this.pod(pod));
    this.follow(cluster, namespace, "endpointslices", (slice) => this.slice(slice));
    this.follow(cluster, namespace, "events", (event) => this.event(event));
  }

  of(pod: string): readonly Seen[] {
    return this.milestones.get(pod) ?? [];
  }

  /** Names of the pods, in the order of their first appearance. */
  get pods(): string[] {
    return [...this.milestones.keys()];
  }

  at(pod: string, what: string): number | undefined {
    return this.of(pod).find((entry) => entry.what === what)?.at;
  }

  stop(): void {
    for (const child of this.children) child.kill();
  }

  private follow(cluster: Cluster, namespace: string, kind: string, tell: (object: KubernetesObject) => void): void {
    const words = cluster.words(["get", kind, "-n", namespace, "--watch", "-o", "json", "--output-watch-events"]);
    const child = spawn(cluster.settings.kubectl, words, { stdio: ["ignore", "pipe", "ignore"] });
    this.children.push(child);
    createInterface(child.stdout).on("line", (line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: KubernetesObject };
      if (type !== "DELETED") tell(object);
    });
  }

  private note(pod: string, what: string): void {
    const seen = this.milestones.get(pod) ?? [];
    this.milestones.set(pod, seen);
    seen.push({ at: Date.now(), what });
  }

  private once(pod: string, what: string, holds: boolean | undefined): void {
    if (holds === true && this.at(pod, what) === undefined) this.note(pod, what);
  }

  private pod(pod: KubernetesObject): void {
    if (pod.metadata.labels?.["app.kubernetes.io/name"] !== "chat-api") return;
    const { name } = pod.metadata;
    const status = chatStatus(pod);
    this.once(name, "running", status?.state.running !== undefined);
    this.once(name, `restart ${status?.restartCount ?? 0}`, (status?.restartCount ?? 0) > 0);
    this.once(name, "started", status?.started);
    this.once(name, "ready", status?.ready);
    this.once(name, "deleted", pod.metadata.deletionTimestamp !== undefined);
    const exit = status?.state.terminated?.exitCode;
    this.once(name, `exit ${exit ?? ""}`, exit !== undefined);
  }

  /** An event that comes again is the same object with a higher count. */
  private event(event: KubernetesObject): void {
    const { name } = event["involvedObject"] as { name: string };
    if (event["reason"] === "Started") this.once(name, "container started", true);
    if (!String(event["message"]).startsWith(FAILED_STARTUP_MESSAGE)) return;
    const before = this.of(name).filter(({ what }) => what.startsWith(STARTUP_FAILURE)).length;
    this.note(name, `${STARTUP_FAILURE}${before + 1}`);
  }

  private slice(slice: KubernetesObject): void {
    // A headless Service publishes pods that are not ready on purpose.
    const service = slice.metadata.labels?.["kubernetes.io/service-name"] ?? "";
    if (service.endsWith("-replicas")) return;
    const endpoints = (slice["endpoints"] ?? []) as Endpoint[];
    const now = new Set(
      endpoints.flatMap(({ conditions, targetRef }) => (conditions.ready === true ? (targetRef?.name ?? []) : [])),
    );
    const before = this.serving.get(slice.metadata.name) ?? new Set();
    for (const name of now) if (!before.has(name)) this.note(name, "in the endpoints");
    for (const name of before) if (!now.has(name)) this.note(name, "left the endpoints");
    this.serving.set(slice.metadata.name, now);
  }
}

interface Endpoint {
  readonly conditions: { readonly ready?: boolean };
  readonly targetRef?: { readonly name: string };
}
