import fc from "fast-check";
import { ByteRanges, type ByteRange } from "../../../service/src/model-store/byte-ranges.js";

const TOTAL = 64;
const range = fc
  .tuple(fc.integer({ min: 0, max: TOTAL }), fc.integer({ min: 0, max: TOTAL }))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

function bitmap(ranges: readonly ByteRange[]): boolean[] {
  return Array.from({ length: TOTAL }, (_, byte) => ranges.some(({ start, end }) => byte >= start && byte < end));
}

describe("byte ranges", () => {
  it("hold exactly the bytes that were added, sorted and merged", () => {
    fc.assert(
      fc.property(fc.array(range), (added) => {
        const ranges = new ByteRanges(added);
        const kept = ranges.toArray();
        expect(bitmap(kept)).toEqual(bitmap(added));
        expect(ranges.size).toBe(bitmap(added).filter(Boolean).length);
        for (const [index, { start, end }] of kept.entries()) {
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThan(kept[index - 1]?.end ?? -1);
        }
      }),
    );
  });

  it("what is missing is the complement, in pieces that are never larger than asked for", () => {
    fc.assert(
      fc.property(fc.array(range), fc.integer({ min: 1, max: TOTAL }), (added, pieceBytes) => {
        const missing = new ByteRanges(added).missing(TOTAL, pieceBytes);
        expect(bitmap(missing)).toEqual(bitmap(added).map((present) => !present));
        expect(missing.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(
          bitmap(added).filter((present) => !present).length,
        );
        for (const { start, end } of missing) expect(end - start).toBeLessThanOrEqual(pieceBytes);
      }),
    );
  });

  it("ranges that touch become one", () => {
    const ranges = new ByteRanges([
      { start: 0, end: 10 },
      { start: 20, end: 30 },
      { start: 10, end: 20 },
    ]);
    expect(ranges.toArray()).toEqual([{ start: 0, end: 30 }]);
    expect(ranges.end).toBe(30);
  });
});
