import { type PodSpec } from "../kubelet/pod";
import { type Workload } from "../workload";
import { BLOCKED_SECONDS, STORY_CONFIGURATIONS } from "./configurations";
import { ANSWER_ALONE, AS_REPORTED, EagerServer, LOAD_ALONE, serviceLimits, type Split } from "./eager-server";
import { LazyServer } from "./lazy-server";
import { type Row, tableRows, type TableProps } from "./ordeal-table";

export interface StoryTable {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function storyTables(workload: Workload): StoryTable[] {
  return [
    ...STORY_CONFIGURATIONS.map(({ title, pod }) => ({
      title,
      rows: tableRows({ title, pod, server: (props) => new LazyServer(props) }),
    })),
    ...ourTables(workload),
  ];
}

/** The same seconds against our workload: shared out as in the report, and as a load or an answer alone. */
function ourTables(workload: Workload): StoryTable[] {
  const { pod } = workload;
  const limits = serviceLimits(workload);
  const held = BLOCKED_SECONDS.map((blockedSeconds) => ({ blockedSeconds }));
  const longest = Math.max(...BLOCKED_SECONDS);
  const table = (title: string, split: Split, rest: Partial<TableProps> = {}): StoryTable => ({
    title,
    rows: tableRows({ title, pod, server: (props) => new EagerServer(props, limits, split), ...rest }),
  });
  return [
    table(OURS, AS_REPORTED),
    table(`${OURS}, the answer alone held that long`, ANSWER_ALONE, { ordeals: held }),
    table(`${OURS}, every load held that long`, LOAD_ALONE, { ordeals: held, everyStart: true }),
    table(`${OURS}, with a startup window of ${2 * longest} s`, LOAD_ALONE, {
      ordeals: [{ blockedSeconds: longest }],
      everyStart: true,
      pod: withStartupWindow(pod, 2 * longest),
    }),
  ];
}

/** How the title of each of our tables begins. */
export const OURS = "this project: the synthesized workload";

/** What `chat.timing.startupWindowSeconds` does to the synthesized probe. */
function withStartupWindow(pod: PodSpec, seconds: number): PodSpec {
  const { startup } = pod.probes;
  if (startup === undefined) return pod;
  const failureThreshold = Math.ceil(seconds / startup.periodSeconds);
  return { ...pod, probes: { ...pod.probes, startup: { ...startup, failureThreshold } } };
}
