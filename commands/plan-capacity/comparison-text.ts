import { type ComparisonRow } from "../../planning/cost/comparison";
import { PRICES_DATE, PRICES_REGION, SPOT_SHARE } from "../../planning/cost/prices";
import { textTable, wrap } from "../lib/text-table";

/** Instance types side by side, as a person reads it. */
export function comparisonText(rows: readonly ComparisonRow[], current: string | null): string {
  const table = textTable(
    [
      ["", "type", "processor", "vCPU", "GiB", "pod fits", "cores", "tok/s", "on demand", "spot", "$/1M tokens"],
      ...rows.map((row) => [
        row.name === current ? "*" : "",
        row.name,
        row.processor,
        `${row.vcpus}`,
        `${row.memoryGiB}`,
        row.fits ? "yes" : "NO",
        row.largestPodCores === 0 ? "-" : `${row.largestPodCores}`,
        row.tokensPerSecond === null ? "-" : `~${row.tokensPerSecond.toFixed(0)}${row.burstable ? " (burst)" : ""}`,
        row.onDemandMonth.toFixed(2),
        `~${row.spotMonth.toFixed(2)}`,
        row.usdPerMillionTokens === null ? "-" : row.usdPerMillionTokens.toFixed(2),
      ]),
    ],
    ["left", "left", "left", "right", "right", "left", "right", "right", "right", "right", "right"],
    "",
  );
  const legend = [
    ...(current === null ? [] : ["* the type of this environment."]),
    ...whyNotArm(rows, current),
    `Prices: USD a month, ${PRICES_REGION}, ${PRICES_DATE}, without control plane, NAT and disks; spot at ${SPOT_SHARE * 100} % of on demand.`,
    "cores: the most that one pod with this memory can have beside the system pods. tok/s: an estimate for that pod, from the " +
      "measured GiB of weights a core reads a second, the processor and its memory bandwidth. $/1M tokens: at full use, on demand.",
  ];
  return `${[...table, "", ...legend.flatMap((line) => wrap(line, ""))].join("\n")}\n`;
}

/** Why an environment may stay on x86 though Graviton makes cheaper tokens: the table alone would not say it. */
function whyNotArm(rows: readonly ComparisonRow[], current: string | null): string[] {
  const own = rows.find(({ name }) => name === current);
  const ownPrice = own?.usdPerMillionTokens ?? Infinity;
  const cheaper = rows.find(
    (row) => row.fits && row.architecture === "arm64" && (row.usdPerMillionTokens ?? Infinity) < ownPrice,
  );
  if (own === undefined || own.architecture === "arm64" || cheaper === undefined) return [];
  return [
    `${cheaper.name} has the cheaper tokens (an estimate), and runs only arm64 images. ${own.name} runs x86 images, which ` +
      "an x86 laptop or CI runner builds without emulation; that is what it is paid for. Who builds on arm64 anyway, or " +
      "does not mind the slower build, sets nodes.instanceType: `npm run image` then builds for arm64.",
  ];
}
