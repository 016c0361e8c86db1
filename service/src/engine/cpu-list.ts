/** The numbers in the kernel's notation of a set of processors: `0-2,5` has 0, 1, 2 and 5. */
export function parseCpuList(list: string): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const range of list.trim().split(",")) {
    const [first, last] = range.split("-").map(Number);
    if (first === undefined) continue;
    for (let number = first; number <= (last ?? first); number++) numbers.add(number);
  }
  return numbers;
}
