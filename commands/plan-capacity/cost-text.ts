import { textTable, wrap } from "../lib/text-table";
import { type CostReport } from "./report";

/** The monthly bill, line by line. */
export function costLines(bill: CostReport): string[] {
  const rows = [
    ...bill.lines.map(({ name, monthly, basis }) => [
      name,
      money(monthly),
      `${Math.round((monthly / bill.total) * 100)} %`,
      basis,
    ]),
    ["total", money(bill.total), "", otherTotal(bill)],
  ];
  return [
    `Monthly cost in USD (an estimate): list prices of ${bill.pricesRegion}, ${bill.pricesOf}, 730 hours`,
    ...(bill.region === bill.pricesRegion ? [] : [`  your region is ${bill.region}: expect other prices`]),
    ...textTable(rows, ["left", "right", "right", "left"]),
  ];
}

function otherTotal({ capacityType, totalOnDemand, totalSpot }: CostReport): string {
  return capacityType === "SPOT"
    ? `with nodes on demand ${money(totalOnDemand)}`
    : `with spot nodes about ${money(totalSpot)}`;
}

/** Where the money goes, and how to spend less. */
export function largestLines({ lines }: CostReport): string[] {
  return [
    "The three largest lines, and how to cut them",
    ...lines
      .slice(0, 3)
      .flatMap(({ name, monthly, cut }, index) => wrap(`${name} (${money(monthly)}): ${cut}.`, `  ${index + 1}. `)),
  ];
}

function money(amount: number): string {
  return amount.toFixed(2);
}
