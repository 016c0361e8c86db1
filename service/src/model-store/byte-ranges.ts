/** Bytes `start` to `end`, the end not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Which bytes of a file are on disk: a sorted list of ranges that neither touch nor overlap. */
export class ByteRanges {
  #ranges: ByteRange[] = [];

  constructor(ranges: readonly ByteRange[] = []) {
    for (const range of ranges) this.add(range);
  }

  /** Bytes in all ranges together. */
  get size(): number {
    return this.#ranges.reduce((sum, range) => sum + range.end - range.start, 0);
  }

  /** End of the last range; 0 when there is none. */
  get end(): number {
    return this.#ranges.at(-1)?.end ?? 0;
  }

  add({ start, end }: ByteRange): void {
    if (end <= start) return;
    const before = this.#ranges.filter((range) => range.end < start);
    const after = this.#ranges.filter((range) => range.start > end);
    const touching = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const merged = {
      start: Math.min(start, ...touching.map((range) => range.start)),
      end: Math.max(end, ...touching.map((range) => range.end)),
    };
    this.#ranges = [...before, merged, ...after];
  }

  /** What is missing of a file of `total` bytes, in pieces of at most `pieceBytes`. */
  missing(total: number, pieceBytes = Number.POSITIVE_INFINITY): ByteRange[] {
    const pieces: ByteRange[] = [];
    let position = 0;
    for (const present of [...this.#ranges, { start: total, end: total }]) {
      const gapEnd = Math.min(present.start, total);
      while (position < gapEnd) {
        const end = Math.min(gapEnd, position + pieceBytes);
        pieces.push({ start: position, end });
        position = end;
      }
      position = Math.max(position, present.end);
    }
    return pieces;
  }

  clear(): void {
    this.#ranges = [];
  }

  toArray(): readonly ByteRange[] {
    return this.#ranges;
  }
}
