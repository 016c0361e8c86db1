import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { SERVICE_PORT } from "../../service/src/contract";
import { type Cluster } from "./cluster";

/** One answer as the client saw it. */
export interface Answer {
  readonly worker: number;
  readonly question: number;
  readonly ok: boolean;
  readonly status?: number;
  readonly pieces: number;
  /** As the service counted them. */
  readonly tokens?: number;
  readonly seconds: number;
  /** Wall clock of the node at its end, ms. */
  readonly at: number;
  /** Longest time between two pieces, ms. */
  readonly gap: number;
  readonly error?: string;
}

export interface ClientProps {
  readonly namespace: string;
  /** @default 1 */
  readonly workers?: number;
  /** Questions of each worker; 0 asks until `stop`. @default 1 */
  readonly questions?: number;
  /** Longest answer. */
  readonly tokens: number;
  /** About so many tokens of text in each question. @default 0 */
  readonly promptTokens?: number;
  readonly apiKey?: string;
  /** Every answer has `tokens` tokens; otherwise a random model may end it at any of them. @default false */
  readonly toTheLastToken?: boolean;
  /** Address that is asked. @default that of the Service */
  readonly host?: string;
}

/** What `client.mjs` is told. */
type ClientTask = Omit<ClientProps, "namespace" | "host"> & { readonly url: string };

const NAME = "client";

const RETRY_MS = 1_000;

/** Asks from a pod of the namespace, which the NetworkPolicy admits; a tunnel could break without a fault of the service. */
export class ClientPod {
  answers: Answer[] = [];
  private lines = "";
  private firsts = 0;
  private complete = false;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly cluster: Cluster,
    private readonly props: ClientProps,
    private readonly name: string,
  ) {
    this.ended = this.follow();
  }

  static async start(cluster: Cluster, props: ClientProps): Promise<ClientPod> {
    const { namespace, host = await serviceAddress(cluster, namespace), ...asked } = props;
    const url = `http://${host}:${SERVICE_PORT}`;
    const task: ClientTask = { workers: 1, questions: 1, promptTokens: 0, ...asked, url };
    const script = readFileSync(join(__dirname, "client.mjs"), "utf8");
    const { repository, tag } = cluster.settings.image;
    const name = `${NAME}-${randomUUID().slice(0, 8)}`;
    await cluster.apply([
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: NAME,
              image: `${repository}:${tag}`,
              imagePullPolicy: "IfNotPresent",
              command: ["node", "--input-type=module", "-e", script, JSON.stringify(task)],
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    ]);
    await cluster.until(`client pod ${name}`, 60, async () => {
      const { phase } = JSON.parse(
        await cluster.kubectl(["get", "pod", name, "-n", namespace, "-o", "jsonpath={.status}"]),
      ) as { phase: string };
      return phase === "Pending" ? undefined : phase;
    });
    return new ClientPod(cluster, props, name);
  }

  /** Until so many answers have begun, at least one piece each. */
  begun(count = 1, seconds = 120): Promise<true> {
    return this.cluster.until(`${count} begun answers`, seconds, () =>
      Promise.resolve(this.firsts >= count ? true : undefined),
    );
  }

  answered(count: number, seconds = 300): Promise<true> {
    return this.cluster.until(`${count} answers`, seconds, () =>
      Promise.resolve(this.answers.length >= count ? true : undefined),
    );
  }

  /** Lets the answers under way come to their end. */
  async stop(): Promise<readonly Answer[]> {
    await this.cluster.kubectl([
      "delete",
      "pod",
      this.name,
      "-n",
      this.props.namespace,
      "--grace-period=120",
      "--wait=false",
    ]);
    await this.ended;
    return this.answers;
  }

  /** Until the last of the questions is answered. */
  async finished(): Promise<readonly Answer[]> {
    await this.ended;
    return this.answers;
  }

  /** A kubelet that restarts cuts the stream of a log, which is then read again from its beginning. */
  private async follow(): Promise<void> {
    const { namespace } = this.props;
    const words = this.cluster.words(["logs", "-f", "-n", namespace, this.name, "--pod-running-timeout=60s"]);
    for (;;) {
      [this.answers, this.firsts, this.lines] = [[], 0, ""];
      const child = spawn(this.cluster.settings.kubectl, words, { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.on("data", (chunk: Buffer) => this.read(chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      if (this.isComplete() || (code !== 0 && (await this.isGone()))) return;
      await sleep(RETRY_MS);
    }
  }

  private isComplete(): boolean {
    return this.complete;
  }

  private async isGone(): Promise<boolean> {
    const words = ["get", "pod", this.name, "-n", this.props.namespace, "--ignore-not-found"];
    return (await this.cluster.kubectl(words).catch(() => "unknown")) === "";
  }

  private read(text: string): void {
    this.lines += text;
    const complete = this.lines.split("\n");
    this.lines = complete.pop() ?? "";
    for (const line of complete.filter((each) => each.startsWith("{"))) {
      const entry = JSON.parse(line) as Answer & { first?: boolean; end?: boolean };
      if (entry.first === true) this.firsts += 1;
      else if (entry.end === true) this.complete = true;
      else this.answers.push(entry);
    }
  }
}

async function serviceAddress(cluster: Cluster, namespace: string): Promise<string> {
  return cluster.kubectl(["get", "service", "chat-api", "-n", namespace, "-o", "jsonpath={.spec.clusterIP}"]);
}
