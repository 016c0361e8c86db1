/**
 * Reads and checks the header of a GGUF file without native code. A file that is cut short, overwritten or of another
 * format is refused here, before llama.cpp sees it: what it says about such a file is at best "failed to load model".
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * What it cannot see is wrong weights of the right size; the sha256 of the model store is the guard against those.
 */
import { errorMessage } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { type ModelMemoryFacts } from "../memory-need.js";
import { GGML_BLOCKS } from "./ggml-blocks.js";
import { GgufFormatError, GgufReader } from "./gguf-reader.js";

export interface GgufHeader extends ModelMemoryFacts {
  readonly architecture: string;
  readonly name: string | undefined;
  /** As the makers named it, e.g. `apache-2.0`; many files are silent. */
  readonly licence: string | undefined;
  readonly version: number;
  readonly tensorCount: number;
  /** Tokens of context that the model was trained with. */
  readonly contextLength: number;
  readonly chatTemplate: string | undefined;
}

type MetadataValue = number | bigint | boolean | string;

/** Far more than any model has, and small enough that reading that many entries ends soon. */
const MOST_TENSORS = 65_536;
const MOST_METADATA = 65_536;
const MOST_ARRAY_ENTRIES = 16_777_216;
const MOST_NAME_BYTES = 256;
/** Chat templates are the longest texts; the largest known are below 100 KB. */
const MOST_TEXT_BYTES = 1_048_576;
const MOST_DIMENSIONS = 4;

/** Bytes of the metadata types of fixed size, by number: u8, i8, u16, i16, u32, i32, f32, bool, and u64, i64, f64. */
const SCALAR_BYTES: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const TEXT = 8;
const ARRAY = 9;

/**
 * Reads the header of the file at `path`.
 *
 * @throws {FatalError} `unsupportedModel` when this is no GGUF file that llama.cpp could load
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const reader = await openModel(path);
  try {
    return await readHeader(reader);
  } catch (error) {
    if (!(error instanceof GgufFormatError)) throw error;
    throw new FatalError(
      "unsupportedModel",
      `model file ${path} (${reader.size} bytes) is not a GGUF file that can be loaded: ${error.message}. ` +
        `Download it again, or choose a model in GGUF format, version 2 or 3.`,
      { cause: error },
    );
  } finally {
    await reader.close();
  }
}

async function openModel(path: string): Promise<GgufReader> {
  try {
    return await GgufReader.open(path);
  } catch (error) {
    const reason = errorMessage(error);
    throw new FatalError("unsupportedModel", `model file ${path} cannot be opened: ${reason}. Check MODEL_PATH.`, {
      cause: error,
    });
  }
}

async function readHeader(reader: GgufReader): Promise<GgufHeader> {
  const magic = await reader.bytes(4, "the magic number");
  if (magic.toString("latin1") !== "GGUF") {
    throw new GgufFormatError(
      `it begins with the bytes ${magic.toString("hex")}, and a GGUF file begins with 47475546`,
    );
  }
  const version = await reader.u32("the version");
  if (version !== 2 && version !== 3) throw new GgufFormatError(`version (${version}) must be 2 or 3`);
  const tensorCount = count(await reader.u64("tensor count"), "tensor count", MOST_TENSORS);
  if (tensorCount === 0) throw new GgufFormatError("tensor count (0) must be at least 1");
  const metadataCount = count(await reader.u64("metadata count"), "metadata count", MOST_METADATA);
  const metadata = await readMetadata(reader, metadataCount);
  await checkTensors(reader, tensorCount, metadata);
  return summarise(reader.size, version, tensorCount, metadata);
}

async function readMetadata(reader: GgufReader, entries: number): Promise<Map<string, MetadataValue>> {
  const metadata = new Map<string, MetadataValue>();
  for (let entry = 0; entry < entries; entry++) {
    const key = await reader.name(`key ${entry} of the metadata`, MOST_NAME_BYTES);
    if (key === "" || metadata.has(key)) throw new GgufFormatError(`metadata key "${key}" is empty or stands twice`);
    const type = await reader.u32(`type of ${key}`);
    // Arrays (vocabularies above all) are only walked over.
    if (type === ARRAY) await skipArray(reader, key);
    else metadata.set(key, await readValue(reader, type, key));
  }
  return metadata;
}

async function readValue(reader: GgufReader, type: number, key: string): Promise<MetadataValue> {
  if (type === TEXT) return reader.text(key, MOST_TEXT_BYTES);
  const size = SCALAR_BYTES[type];
  if (size === undefined) throw new GgufFormatError(`type (${type}) of ${key} is unknown`);
  const bytes = await reader.bytes(size, key);
  switch (type) {
    case 6:
      return bytes.readFloatLE();
    case 7:
      return bytes[0] !== 0;
    case 10:
      return bytes.readBigUInt64LE();
    case 11:
      return bytes.readBigInt64LE();
    case 12:
      return bytes.readDoubleLE();
    default:
      return type === 1 || type === 3 || type === 5 ? bytes.readIntLE(0, size) : bytes.readUIntLE(0, size);
  }
}

async function skipArray(reader: GgufReader, key: string): Promise<void> {
  const type = await reader.u32(`element type of ${key}`);
  const length = count(await reader.u64(`length of ${key}`), `length of ${key}`, MOST_ARRAY_ENTRIES);
  const size = SCALAR_BYTES[type];
  if (size !== undefined) {
    reader.skip(length * size, key);
    return;
  }
  if (type !== TEXT) throw new GgufFormatError(`element type (${type}) of ${key} is unknown or an array`);
  await reader.skipTexts(length, key);
}

async function checkTensors(
  reader: GgufReader,
  tensors: number,
  metadata: ReadonlyMap<string, MetadataValue>,
): Promise<void> {
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 8 || alignment > 65_536 || (alignment & (alignment - 1)) !== 0) {
    throw new GgufFormatError(`general.alignment (${String(alignment)}) must be a power of two from 8 to 65536`);
  }
  const names = new Set<string>();
  const ends: { name: string; offset: number; bytes: number }[] = [];
  for (let tensor = 0; tensor < tensors; tensor++) {
    const name = await reader.name(`name of tensor ${tensor}`, MOST_NAME_BYTES);
    if (names.has(name)) throw new GgufFormatError(`tensor "${name}" stands twice`);
    names.add(name);
    const bytes = await readTensorBytes(reader, name);
    const offset = await reader.u64(`offset of tensor "${name}"`);
    if (offset % alignment !== 0) throw new GgufFormatError(`offset (${offset}) of tensor "${name}" is not aligned`);
    ends.push({ name, offset, bytes });
  }
  const start = Math.ceil(reader.position / alignment) * alignment;
  for (const { name, offset, bytes } of ends) {
    if (start + offset + bytes > reader.size) {
      throw new GgufFormatError(
        `tensor "${name}" ends at byte ${start + offset + bytes}, and the file at ${reader.size}: it was cut short`,
      );
    }
  }
}

async function readTensorBytes(reader: GgufReader, name: string): Promise<number> {
  const dimensions = await reader.u32(`dimensions of tensor "${name}"`);
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    throw new GgufFormatError(
      `tensor "${name}" has ${dimensions} dimensions, and 1 to ${MOST_DIMENSIONS} are possible`,
    );
  }
  let weights = 1;
  let rowLength = 0;
  for (let dimension = 0; dimension < dimensions; dimension++) {
    const length = await reader.u64(`dimension ${dimension} of tensor "${name}"`);
    weights *= length;
    if (dimension === 0) rowLength = length;
    if (length === 0 || weights > Number.MAX_SAFE_INTEGER) {
      throw new GgufFormatError(`dimension ${dimension} (${length}) of tensor "${name}" is impossible`);
    }
  }
  const type = await reader.u32(`type of tensor "${name}"`);
  const block = GGML_BLOCKS[type];
  if (block === undefined) throw new GgufFormatError(`type (${type}) of tensor "${name}" is unknown`);
  if (rowLength % block[0] !== 0) {
    throw new GgufFormatError(`row length (${rowLength}) of tensor "${name}" must be a multiple of ${block[0]}`);
  }
  return (weights / block[0]) * block[1];
}

function summarise(
  fileBytes: number,
  version: number,
  tensorCount: number,
  metadata: ReadonlyMap<string, MetadataValue>,
): GgufHeader {
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || architecture === "") {
    throw new GgufFormatError("general.architecture is missing");
  }
  const text = (key: string): string | undefined => {
    const value = metadata.get(key);
    return typeof value === "string" ? value : undefined;
  };
  // A model's dimensions are divisors in llama.cpp: zero there is a crash, not an error.
  const dimension = (name: string, fallback?: number): number => {
    const key = `${architecture}.${name}`;
    const value = metadata.get(key) ?? fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
      throw new GgufFormatError(
        `${key} (${value === undefined ? "missing" : String(value)}) must be a whole number above 0`,
      );
    }
    return value;
  };
  const width = dimension("embedding_length");
  // A list, one number a layer, in some models: then the estimate takes the largest sensible value, all heads.
  const heads = dimension("attention.head_count", metadata.has(`${architecture}.attention.head_count`) ? undefined : 1);
  const keyLength = dimension("attention.key_length", Math.ceil(width / heads));
  return {
    fileBytes,
    version,
    tensorCount,
    architecture,
    name: text("general.name"),
    licence: text("general.license"),
    contextLength: dimension("context_length"),
    layers: dimension("block_count"),
    keyValueHeads: dimension("attention.head_count_kv", heads),
    keyLength,
    valueLength: dimension("attention.value_length", keyLength),
    chatTemplate: text("tokenizer.chat_template"),
  };
}

function count(value: number, what: string, most: number): number {
  if (value > most) throw new GgufFormatError(`${what} (${value}) must be at most ${most}`);
  return value;
}
