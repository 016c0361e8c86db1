/**
 * The comment of one stack on a pull request: what would be lost first, then a table of the changes, then the plan,
 * folded. It is cut to what GitHub takes, between changes and never inside one.
 */
import { stripVTControlCharacters } from "node:util";

import { attributeLines } from "./attribute-lines";
import { type ChangeKind, changeKind, KINDS, lossOf } from "./change-kind";
import { code, fenced, fit, folded, sizeOf } from "./markdown";
import { type Plan, type ResourceChange, wasDeployed } from "./plan";
import { sensitiveStrings, withoutSecrets } from "./secrets";

/**
 * GitHub refuses a longer body: "Body is too long (maximum is 65536 characters)", as reported with its answer in
 * github.com/borchero/terraform-plan-comment/issues/25. Counted in bytes here, which is never less than characters.
 */
export const COMMENT_LIMIT = 65_536;

export type StackResult =
  | { readonly status: "planned"; readonly plan: Plan }
  /** The stacks that this one looks up are not there yet, so it cannot be planned. */
  | { readonly status: "waiting"; readonly missing: readonly string[] }
  | { readonly status: "failed"; readonly log: string };

export interface CommentProps {
  readonly stack: string;
  readonly result: StackResult;
  /** Where the whole output is, e.g. the address of the workflow run. @default a hint to run the diff */
  readonly runUrl?: string;
  /** Commit that was planned. @default none is named */
  readonly commit?: string;
  /** Further texts that are masked wherever they stand. A failed plan marks none. @default none */
  readonly secrets?: readonly string[];
  /** @default COMMENT_LIMIT */
  readonly limit?: number;
}

/** Hidden line by which the comment of a stack is found again. */
export function marker(stack: string): string {
  return `<!-- carepath-diff:${stack} -->`;
}

/** The body of the comment; starts with `marker(stack)` and is never larger than the limit. */
export function renderComment(props: CommentProps): string {
  const { stack, result } = props;
  if (result.status === "waiting") {
    const missing = result.missing.map((name) => code(name)).join(" and ");
    const text = `This stack looks up what ${missing} creates, and that is not deployed yet. Its diff appears here after the first \`npm run deploy\`; until then the synthesized snapshots in the tests are what can be reviewed.`;
    return [marker(stack), `### ${stack}: not deployed yet`, text, footer(props)].join("\n\n");
  }
  if (result.status === "failed") return renderFailure(props, result.log);
  return renderPlan(props, result.plan);
}

function renderPlan(props: CommentProps, plan: Plan): string {
  const { stack, limit = COMMENT_LIMIT } = props;
  const secrets = [...sensitiveStrings(plan), ...(props.secrets ?? [])];
  const changes = reviewed(plan);
  const clean = (text: string) => withoutSecrets(text, secrets);
  const head = [marker(stack), `### ${stack}: ${title(plan, changes)}`];
  const tail = footer(props);
  if (!wasDeployed(plan) && changes.length > 0)
    head.push("This stack is not deployed yet: the plan is its first deploy.");
  const losses = changes.filter(({ loss }) => loss !== undefined);
  if (losses.length > 0) head.push(clean(warning(losses)));
  if (changes.length === 0) return [...head, ...outputNote(plan), tail].join("\n\n");

  // The summary may use half of the room: however many changes there are, some of the plan is shown as well.
  const table = fit(
    changes.map((entry) => clean(tableRow(entry))),
    Math.floor(limit / 2) - sizeOf(head.join("\n\n")),
  );
  head.push(
    [
      "| | resource | |",
      "|---|---|---|",
      ...table.kept,
      ...(table.left === 0 ? [] : [`| | ${table.left} more | |`]),
    ].join("\n"),
  );
  head.push(...outputNote(plan));
  const frame = sizeOf(
    [...head, folded("Plan", fenced("", "diff")), leftOut(changes.length, props), tail].join("\n\n"),
  );
  // A fence is at most as long as the longest run of backticks; 200 bytes leave room for one.
  const blocks = fit(
    changes.map((entry) => clean(block(entry))),
    limit - frame - 200,
  );
  const body = [...head];
  if (blocks.kept.length > 0) body.push(folded("Plan", fenced(blocks.kept.join("\n"), "diff")));
  if (blocks.left > 0) body.push(leftOut(blocks.left, props));
  return guard([...body, tail].join("\n\n"), limit, props);
}

interface Reviewed {
  readonly kind: ChangeKind;
  readonly loss: string | undefined;
  readonly resource: ResourceChange;
}

/** The changes worth a look, in order of consequence: what loses data, then by kind, then by address. */
function reviewed(plan: Plan): Reviewed[] {
  return plan.resource_changes
    .flatMap((resource) => {
      const kind = changeKind(resource);
      return kind === undefined ? [] : [{ kind, loss: lossOf(resource), resource }];
    })
    .sort(
      (a, b) =>
        Number(b.loss !== undefined) - Number(a.loss !== undefined) ||
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        a.resource.address.localeCompare(b.resource.address, "en"),
    );
}

function title(plan: Plan, changes: readonly Reviewed[]): string {
  if (plan.errored === true) return "the plan ended with an error";
  const counts = (["create", "change", "replace", "destroy", "forget"] as const).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} to ${kind}`];
  });
  return counts.length === 0 ? "no changes" : counts.join(", ");
}

function warning(losses: readonly Reviewed[]): string {
  const shown = losses.slice(0, 20);
  const lines = shown.map(
    ({ kind, loss, resource }) => `> - **${kind}** ${code(resource.address)} loses ${loss ?? ""}`,
  );
  const more = losses.length - shown.length;
  return [
    "> [!CAUTION]",
    "> **Data or running work is lost:**",
    ...lines,
    ...(more > 0 ? [`> - and ${more} more, see below`] : []),
  ].join("\n");
}

function tableRow({ kind, resource }: Reviewed): string {
  const bold = kind === "replace" || kind === "destroy" ? `**${kind}**` : kind;
  return `| ${bold} | ${code(nameOf(resource))} | ${reason(resource)} |`;
}

function reason({ change, action_reason, previous_address }: ResourceChange): string {
  const paths = (change.replace_paths ?? []).map((path) => code(path.join(".")));
  if (paths.length > 0) return `because of ${paths.join(", ")}`;
  if (action_reason === "delete_because_no_resource_config") return "no longer in the configuration";
  if (previous_address !== undefined) return `was ${code(previous_address)}`;
  return "";
}

function nameOf({ address, deposed }: ResourceChange): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`;
}

/** GitHub colours the lines of a `diff` block by their first character. */
const SIGNS: Readonly<Record<ChangeKind, string>> = {
  create: "+",
  change: "!",
  replace: "-/+",
  destroy: "-",
  forget: "#",
};

function block({ kind, resource }: Reviewed): string {
  const lines = kind === "destroy" || kind === "forget" ? [] : attributeLines(resource);
  return [
    `${SIGNS[kind]} ${kind} ${nameOf(resource)}`,
    ...lines.map((line) => `${line.slice(0, 1)}    ${line.slice(2)}`),
    "",
  ].join("\n");
}

function outputNote(plan: Plan): string[] {
  const changed = Object.entries(plan.output_changes).filter(([, { actions }]) => !actions.includes("no-op"));
  return changed.length === 0 ? [] : [`Outputs that change: ${changed.map(([name]) => code(name)).join(", ")}.`];
}

function leftOut(count: number, { runUrl, stack }: CommentProps): string {
  const place =
    runUrl === undefined ? `in the output of \`npm run diff -- ${stack}\`` : `in [the log of this run](${runUrl})`;
  return `${count} ${count === 1 ? "change is" : "changes are"} not shown here for lack of room; all of them are ${place}.`;
}

function footer({ commit, runUrl }: CommentProps): string {
  const parts = [
    commit === undefined ? "" : `Planned at ${commit.slice(0, 12)}.`,
    runUrl === undefined ? "" : `[Log of the run](${runUrl}).`,
  ];
  return `<sub>${[...parts.filter((part) => part !== ""), "Secrets are masked."].join(" ")}</sub>`;
}

function renderFailure(props: CommentProps, log: string): string {
  const { stack, secrets = [], limit = COMMENT_LIMIT } = props;
  const head = [marker(stack), `### ${stack}: the diff failed`];
  const frame = sizeOf([...head, folded("Last lines", fenced("")), footer(props)].join("\n\n")) + 200;
  const lines = withoutSecrets(stripVTControlCharacters(log), secrets).trimEnd().split("\n").slice(-60);
  const kept = fit(lines.reverse(), Math.min(limit - frame, 16_384)).kept.reverse();
  return guard([...head, folded("Last lines", fenced(kept.join("\n"))), footer(props)].join("\n\n"), limit, props);
}

/** The estimates above leave room; should they ever be wrong, a short comment is better than a refused one. */
function guard(body: string, limit: number, props: CommentProps): string {
  if (sizeOf(body) <= limit) return body;
  return [marker(props.stack), `### ${props.stack}: the plan is too long for a comment`, footer(props)].join("\n\n");
}
