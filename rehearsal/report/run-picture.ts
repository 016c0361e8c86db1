import { windowSeconds } from "../kubelet/probe-spec";
import { type RehearsalOptions } from "../options";
import { type Observations } from "../rehearsal";
import { ENV } from "../../service/src/contract";
import { type Verdict } from "../verdict";
import { type Workload } from "../workload";
import { timelineSvg } from "./svg";

export interface RunPictureProps {
  readonly workload: Workload;
  readonly seen: Observations;
  readonly verdict: Verdict;
  readonly options: RehearsalOptions;
  readonly date: Date;
}

/** The picture of a rehearsal, with what a reader needs to judge it: verdict, conditions, model, window, date. */
export function runPicture({ workload, seen, verdict, options, date }: RunPictureProps): string {
  const { startup } = workload.pod.probes;
  const { planned, speedup } = options;
  return timelineSvg({
    title: `${workload.kind} ${workload.namespace}/${workload.name}`,
    verdict: { ok: verdict.ok, text: verdictText(verdict) },
    facts: [
      workload.env[ENV.modelId] ?? "model of the image",
      ...(startup === undefined ? [] : [`startup window ${windowSeconds(startup)} s`]),
      planned === undefined
        ? "start of a stand-in"
        : `download held ${planned.downloadSeconds} s, load ${planned.loadSeconds} s`,
      ...(speedup === 1 ? [] : [`${speedup} times as fast`]),
      date.toISOString().slice(0, 10),
    ],
    entries: seen.entries,
    seconds: seen.seconds,
    probes: workload.pod.probes,
  });
}

function verdictText({ ok, inconclusive, restarts }: Verdict): string {
  if (ok) return restarts === 0 ? "left alone" : "passes, one restart was ordered";
  return inconclusive === undefined ? "does not pass" : "inconclusive";
}
