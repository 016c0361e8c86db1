/**
 * Reads the values of a GGUF file in order, and never a byte beyond its end: every length is compared with what is left
 * of the file before anything is read or reserved.
 */
import { type FileHandle, open } from "node:fs/promises";

/** The file is not what the format says; the message has no path in it. */
export class GgufFormatError extends Error {}

const WINDOW_BYTES = 1024 * 1024;

export class GgufReader {
  readonly #file: FileHandle;
  readonly size: number;
  #window = Buffer.alloc(0);
  /** Position in the file of the first byte of the window. */
  #windowStart = 0;
  #position = 0;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<GgufReader> {
    const file = await open(path, "r");
    return new GgufReader(file, (await file.stat()).size);
  }

  get position(): number {
    return this.#position;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async u32(what: string): Promise<number> {
    return (await this.bytes(4, what)).readUInt32LE();
  }

  /** A 64-bit count or offset, which must be small enough to be exact as a number. */
  async u64(what: string): Promise<number> {
    const value = (await this.bytes(8, what)).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new GgufFormatError(`${what} (${value.toString()}) is impossibly large`);
    return Number(value);
  }

  async text(what: string, mostBytes: number): Promise<string> {
    const length = await this.u64(`length of ${what}`);
    if (length > mostBytes)
      throw new GgufFormatError(`${what} has ${length} bytes, and at most ${mostBytes} make sense`);
    return (await this.bytes(length, what)).toString("utf8");
  }

  /** A text that will stand in messages and logs: a key or a tensor's name. */
  async name(what: string, mostBytes: number): Promise<string> {
    const name = await this.text(what, mostBytes);
    if (/[^\x21-\x7e]/.test(name)) throw new GgufFormatError(`${what} has characters that no name has`);
    return name;
  }

  skip(length: number, what: string): void {
    this.#require(length, what);
    this.#position += length;
  }

  /** Walks over texts without a promise for each: vocabularies have hundreds of thousands of them. */
  async skipTexts(entries: number, what: string): Promise<void> {
    for (let entry = 0; entry < entries; entry++) {
      const at = this.#position - this.#windowStart;
      if (at < 0 || at + 8 > this.#window.length) {
        this.skip(await this.u64(`length of entry ${entry} of ${what}`), `entry ${entry} of ${what}`);
        continue;
      }
      const length = this.#window.readUInt32LE(at) + this.#window.readUInt32LE(at + 4) * 2 ** 32;
      this.#position += 8;
      this.skip(length, `entry ${entry} of ${what}`);
    }
  }

  /** The next bytes; at most a window of them at once. */
  async bytes(length: number, what: string): Promise<Buffer> {
    this.#require(length, what);
    const end = this.#position + length;
    if (this.#position < this.#windowStart || end > this.#windowStart + this.#window.length) await this.#fill(length);
    const start = this.#position - this.#windowStart;
    this.#position = end;
    return this.#window.subarray(start, start + length);
  }

  #require(length: number, what: string): void {
    const left = this.size - this.#position;
    if (length > left) {
      throw new GgufFormatError(
        `the file ends inside ${what}: ${length} bytes are needed at position ${this.#position}, and ${left} are left`,
      );
    }
  }

  async #fill(atLeast: number): Promise<void> {
    const wanted = Math.min(Math.max(atLeast, WINDOW_BYTES), this.size - this.#position);
    const window = Buffer.alloc(wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await this.#file.read(window, done, wanted - done, this.#position + done);
      if (bytesRead === 0) throw new GgufFormatError("the file became shorter while it was read");
      done += bytesRead;
    }
    this.#window = window;
    this.#windowStart = this.#position;
  }
}
