/**
 * The writing half of the GGUF container, version 3: header, typed metadata, tensor table, aligned tensor data.
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * Tensor data is streamed, so that a file of gigabytes needs only megabytes of memory.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** Value types of GGUF metadata that the generator needs. */
export type MetadataValue =
  | { readonly type: "u32"; readonly value: number }
  | { readonly type: "i32[]"; readonly value: readonly number[] }
  | { readonly type: "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "string[]"; readonly value: readonly string[] };

/** A tensor and the source of its bytes: `fill` is called with consecutive slices until `bytes` are written. */
export interface TensorToWrite {
  readonly name: string;
  /** Row length first, as GGUF stores it. */
  readonly dimensions: readonly number[];
  /** Number of the ggml type. */
  readonly type: number;
  readonly bytes: number;
  /** Slices are a multiple of this, so that `fill` sees whole blocks. */
  readonly blockBytes: number;
  readonly fill: (slice: Buffer) => void;
}

const VALUE_TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const ALIGNMENT = 32;
const SLICE_BYTES = 4 * 1024 * 1024;

/** Writes a GGUF file at `path`, replacing what is there, and returns its size in bytes. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly TensorToWrite[],
): number {
  const header = headerBytes(metadata, tensors);
  const file = openSync(path, "w");
  try {
    let position = write(file, header, 0);
    position = write(file, Buffer.alloc(padding(position)), position);
    const slice = Buffer.alloc(SLICE_BYTES);
    for (const tensor of tensors) {
      const most = Math.floor(SLICE_BYTES / tensor.blockBytes) * tensor.blockBytes;
      for (let left = tensor.bytes; left > 0;) {
        const part = slice.subarray(0, Math.min(most, left));
        tensor.fill(part);
        position = write(file, part, position);
        left -= part.length;
      }
      position = write(file, Buffer.alloc(padding(position)), position);
    }
    fsyncSync(file);
    return position;
  } finally {
    closeSync(file);
  }
}

function headerBytes(metadata: Readonly<Record<string, MetadataValue>>, tensors: readonly TensorToWrite[]): Buffer {
  const parts = [Buffer.from("GGUF", "latin1"), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), valueBytes(value));
  let offset = 0;
  for (const { name, dimensions, type, bytes } of tensors) {
    parts.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset));
    offset += bytes + padding(bytes);
  }
  return Buffer.concat(parts);
}

function valueBytes(entry: MetadataValue): Buffer {
  switch (entry.type) {
    case "u32":
      return Buffer.concat([u32(VALUE_TYPES.u32), u32(entry.value)]);
    case "f32": {
      const value = Buffer.alloc(4);
      value.writeFloatLE(entry.value);
      return Buffer.concat([u32(VALUE_TYPES.f32), value]);
    }
    case "bool":
      return Buffer.concat([u32(VALUE_TYPES.bool), Buffer.from([entry.value ? 1 : 0])]);
    case "string":
      return Buffer.concat([u32(VALUE_TYPES.string), text(entry.value)]);
    case "string[]":
      return Buffer.concat([...arrayStart(VALUE_TYPES.string, entry.value.length), ...entry.value.map(text)]);
    case "i32[]":
      return Buffer.concat([
        ...arrayStart(VALUE_TYPES.i32, entry.value.length),
        Buffer.from(Int32Array.from(entry.value).buffer),
      ]);
  }
}

function arrayStart(elementType: number, length: number): Buffer[] {
  return [u32(VALUE_TYPES.array), u32(elementType), u64(length)];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padding(position: number): number {
  return (ALIGNMENT - (position % ALIGNMENT)) % ALIGNMENT;
}

/** Writes all of `bytes` and returns the position behind them. */
function write(file: number, bytes: Buffer, position: number): number {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
  return position + bytes.length;
}
