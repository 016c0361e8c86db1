import { resolve } from "node:path";

import { type PodSpec } from "../kubelet/pod";
import { windowSeconds } from "../kubelet/probe-spec";
import { timelineSvg } from "../report/svg";
import { ENV } from "../../service/src/contract";
import { type Workload } from "../workload";
import { REPORTED_LOAD_SECONDS, STORY_CONFIGURATIONS } from "./configurations";
import { EagerServer, serviceLimits } from "./eager-server";
import { LazyServer } from "./lazy-server";
import { replay, type ReplayResult } from "./replay";

/** The two files that `--story --svg FILE` writes. */
export function pictureFiles(svg: string): { readonly before: string; readonly after: string } {
  const base = resolve(svg).replace(/\.svg$/, "");
  return { before: `${base}-before.svg`, after: `${base}-after.svg` };
}

/** The ordeal of the two pictures: 90 s of load and a first answer of seven minutes. */
const PICTURED = { blockedSeconds: 510 };
const PICTURED_ASK_AT = 60;

export function beforePicture(date: Date): string {
  const configuration = STORY_CONFIGURATIONS.find(({ id }) => id === "proposed");
  if (configuration === undefined) throw new Error("the proposed configuration is gone from the story");
  const { pod } = configuration;
  const result = replay({ pod, ordeal: PICTURED, askAt: PICTURED_ASK_AT, server: (props) => new LazyServer(props) });
  return picture(
    "Before: the model loads on the first question and blocks the event loop",
    "The startup probe on /health passes at 10 s, long before there is a model. 15 liveness failures later the pod is killed.",
    pod,
    result,
    ["no model before the first question", date],
  );
}

export function afterPicture(workload: Workload, date: Date): string {
  const limits = serviceLimits(workload);
  const result = replay({
    pod: workload.pod,
    ordeal: PICTURED,
    askAt: PICTURED_ASK_AT,
    server: (props) => new EagerServer(props, limits),
  });
  return picture(
    "After: the model loads in the background, and /ready says when it can answer",
    "The same 90 s of load and 420 s of answer: no probe of liveness fails, and no client is let in before there is a model.",
    workload.pod,
    result,
    [workload.env[ENV.modelId] ?? "model of the image", date],
  );
}

function picture(
  title: string,
  subtitle: string,
  pod: PodSpec,
  { entries, restarts }: ReplayResult,
  [model, date]: readonly [model: string, date: Date],
): string {
  const { startup } = pod.probes;
  return timelineSvg({
    title,
    subtitle,
    verdict: { ok: restarts === 0, text: restarts === 0 ? "left alone" : "restarted" },
    facts: [
      "replayed on a virtual clock",
      model,
      ...(startup === undefined ? [] : [`startup window ${windowSeconds(startup)} s`]),
      `load ${REPORTED_LOAD_SECONDS} s, answer ${PICTURED.blockedSeconds - REPORTED_LOAD_SECONDS} s`,
      date.toISOString().slice(0, 10),
    ],
    entries,
    seconds: 600,
    probes: pod.probes,
  });
}
