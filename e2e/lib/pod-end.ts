import { type Answer } from "./client-pod";
import { type Cluster } from "./cluster";
import { type PodWatch } from "./pod-watch";

/** How a pod ended. */
export interface PodEnd {
  /** When it got SIGTERM by its own log, wall clock of the node, ms. */
  readonly sigterm: number;
  readonly exitCode: number;
}

/** Waits for the end of a pod's container; call it before the pod is deleted, because its log goes with it. */
export async function endOf(cluster: Cluster, watch: PodWatch, namespace: string, pod: string): Promise<PodEnd> {
  const log = await cluster.log(namespace, pod, "--follow");
  const draining = log.find(({ msg, phase }) => msg === "phase" && phase === "draining");
  const exit = await cluster.until(`the end of ${pod}`, 60, () =>
    Promise.resolve(watch.of(pod).find(({ what }) => what.startsWith("exit "))),
  );
  return { sigterm: Date.parse(String(draining?.["time"])), exitCode: Number(exit.what.slice("exit ".length)) };
}

/** What became of an answer that was under way when its pod was deleted, to be compared as a whole. */
export function outcome({ ok, error, tokens, at }: Answer, { sigterm, exitCode }: PodEnd) {
  return { ok, error, tokens, endedAfterSigterm: at > sigterm, exitCode };
}

/** A drain as it must be: the answer has all its tokens, and the last of them came when the pod had been told to end. */
export function whole(tokens: number): ReturnType<typeof outcome> {
  return { ok: true, error: undefined, tokens, endedAfterSigterm: true, exitCode: 0 };
}
