/** The rows of a comparison, each with the load average of its moment. */
import { loadavg } from "node:os";

export function printPair(name: string, ours: number, theirs: number, goal: string): void {
  print(name, figure(ours), figure(theirs), (ours / theirs).toFixed(2), goal);
}

export function print(name: string, ours: string, theirs: string, ratio: string, goal: string): void {
  const columns = [name.padEnd(46), ours.padStart(12), theirs.padStart(13), ratio.padStart(7), `  ${goal.padEnd(50)}`];
  console.log(`${columns.join(" ")} load ${load()}`);
}

export function figure(value: number): string {
  return value.toPrecision(3);
}

export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
