import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type EngineOptions } from "../../../service/src/engine/load-engine.js";
import { readGgufHeader } from "../../../service/src/engine/gguf-header.js";
import { memoryNeed } from "../../../service/src/memory-need.js";
import { type MetadataValue, type TensorToWrite, writeGguf } from "../../../service/tools/gguf-writer.js";
import { seededRandom } from "../../../service/tools/random-tensor.js";
import { tinyEngine } from "../../helpers/tiny-engine.js";
import { tinyModel } from "../../helpers/tiny-model.js";

const folder = mkdtempSync(join(tmpdir(), "carepath-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const good = readFileSync(tinyModel());
let files = 0;

/** Writes bytes to a new file. */
function file(bytes: Buffer): string {
  const path = join(folder, `${files++}.gguf`);
  writeFileSync(path, bytes);
  return path;
}

/** The good file with a few bytes changed. */
function changed(at: number, change: (view: DataView) => void): string {
  const bytes = Buffer.from(good);
  change(new DataView(bytes.buffer, bytes.byteOffset + at));
  return file(bytes);
}

const METADATA: Record<string, MetadataValue> = {
  "general.architecture": { type: "string", value: "qwen2" },
  "qwen2.embedding_length": { type: "u32", value: 64 },
  "qwen2.block_count": { type: "u32", value: 2 },
  "qwen2.context_length": { type: "u32", value: 128 },
  "qwen2.attention.head_count": { type: "u32", value: 4 },
};
const TENSOR: TensorToWrite = { name: "t", dimensions: [8], type: 0, bytes: 32, blockBytes: 4, fill: () => undefined };

/** A file made of these, for what the writer can express. */
function made(metadata: Record<string, MetadataValue>, tensors: readonly TensorToWrite[] = [TENSOR]): string {
  const path = join(folder, `${files++}.gguf`);
  writeGguf(path, metadata, tensors);
  return path;
}

const refusal = async (path: string): Promise<string> => {
  try {
    await readGgufHeader(path);
  } catch (error) {
    expect(error).toMatchObject({ name: "FatalError", reason: "unsupportedModel", exitCode: 65 });
    return (error as Error).message;
  }
  throw new Error("was accepted");
};

describe("readGgufHeader", () => {
  it("reads what the memory estimate and the template need", async () => {
    await expect(readGgufHeader(tinyModel())).resolves.toMatchObject({
      architecture: "qwen2",
      name: "random weights, tiny",
      version: 3,
      fileBytes: good.length,
      contextLength: 4096,
      layers: 2,
      keyValueHeads: 2,
      keyLength: 16,
      valueLength: 16,
      chatTemplate: expect.stringContaining("<|im_start|>") as string,
    });
  });

  it("says what is wrong, with the value, the rule and the fix", async () => {
    const path = file(Buffer.from("<!DOCTYPE html><title>404</title>"));
    await expect(refusal(path)).resolves.toBe(
      `model file ${path} (33 bytes) is not a GGUF file that can be loaded: it begins with the bytes 3c21444f, ` +
        `and a GGUF file begins with 47475546. Download it again, or choose a model in GGUF format, version 2 or 3.`,
    );
  });

  it.each([
    ["an empty file", () => file(Buffer.alloc(0)), "the file ends inside the magic number"],
    ["version 1", () => changed(4, (view) => view.setUint32(0, 1, true)), "version (1) must be 2 or 3"],
    ["version 4", () => changed(4, (view) => view.setUint32(0, 4, true)), "version (4) must be 2 or 3"],
    ["no tensors", () => changed(8, (view) => view.setUint32(0, 0, true)), "tensor count (0) must be at least 1"],
    [
      "too many tensors",
      () => changed(8, (view) => view.setUint32(0, 65_537, true)),
      "tensor count (65537) must be at most 65536",
    ],
    ["an absurd count", () => changed(16, (view) => view.setUint32(4, 0xffffffff, true)), "is impossibly large"],
    [
      "a key that is too long",
      () => changed(24, (view) => view.setUint32(0, 257, true)),
      "key 0 of the metadata has 257 bytes, and at most 256 make sense",
    ],
    ["no architecture", () => made({ x: { type: "u32", value: 1 } }), "general.architecture is missing"],
    [
      "zero heads",
      () => made({ ...METADATA, "qwen2.attention.head_count": { type: "u32", value: 0 } }),
      "qwen2.attention.head_count (0) must be a whole number above 0",
    ],
    [
      "no layers named",
      () =>
        made({
          "general.architecture": { type: "string", value: "a" },
          "a.embedding_length": { type: "u32", value: 1 },
        }),
      "a.context_length (missing) must be a whole number above 0",
    ],
    [
      "an odd alignment",
      () => made({ ...METADATA, "general.alignment": { type: "u32", value: 33 } }),
      "general.alignment (33) must be a power of two",
    ],
    ["an unknown tensor type", () => made(METADATA, [{ ...TENSOR, type: 4 }]), 'type (4) of tensor "t" is unknown'],
    ["five dimensions", () => made(METADATA, [{ ...TENSOR, dimensions: [1, 1, 1, 1, 1] }]), "has 5 dimensions"],
    ["an empty dimension", () => made(METADATA, [{ ...TENSOR, dimensions: [0] }]), "dimension 0 (0)"],
    [
      "a row that is no whole block",
      () => made(METADATA, [{ ...TENSOR, type: 12, dimensions: [255] }]),
      "row length (255)",
    ],
    ["a tensor twice", () => made(METADATA, [TENSOR, TENSOR]), 'tensor "t" stands twice'],
    ["weights behind the end", () => made(METADATA, [{ ...TENSOR, dimensions: [800] }]), "it was cut short"],
  ])("refuses %s", async (_, make, message) => {
    expect(await refusal(make())).toContain(message);
  });

  it("a missing file is named", async () => {
    const path = join(folder, "nothing.gguf");
    expect(await refusal(path)).toMatch(/^model file .*nothing\.gguf cannot be opened: .*ENOENT: no such file/);
  });

  it("refuses the file cut at any point", async () => {
    const random = seededRandom(1);
    for (let turn = 0; turn < 60; turn++) await refusal(file(good.subarray(0, random() % (good.length - 32))));
  });

  it("survives random bytes in its header: refused with a reason, or read", async () => {
    const random = seededRandom(2);
    for (let turn = 0; turn < 200; turn++) {
      const bytes = Buffer.from(good.subarray(0, 12_000));
      for (let change = 0; change < 4; change++) bytes[4 + (random() % 8_000)] = random() & 0xff;
      await refusal(file(bytes));
    }
  });
});

describe("loadEngine refuses before native code", () => {
  const load = (over: Partial<EngineOptions>): Promise<unknown> => tinyEngine({ contextSize: 512, slots: 1, ...over });

  it("a context that does not fit the memory limit, with both numbers", async () => {
    const facts = { fileBytes: good.length, layers: 2, keyValueHeads: 2, keyLength: 16, valueLength: 16 };
    const need = Math.ceil(memoryNeed(facts, { contextSize: 512, slots: 1 }).expectedMiB * 2 ** 20);
    await expect(load({ memoryLimitBytes: need - 1 })).rejects.toMatchObject({
      reason: "outOfMemory",
      exitCode: 70,
      message:
        `memory for the model (${need} bytes: file ${good.length}, 1 slots of 512 tokens, 0 MiB of kept conversations, and overhead) must fit the limit ` +
        `(${need - 1} bytes, memoryLimitBytes). Raise the memory limit, or lower CONTEXT_SIZE, PARALLEL_SLOTS or STATE_CACHE_MIB, or choose a smaller model.`,
    });
  });

  it("a context longer than the model was trained with", async () => {
    await expect(load({ contextSize: 4097 })).rejects.toMatchObject({
      reason: "invalidSettings",
      message: expect.stringContaining("CONTEXT_SIZE (4097) must be at most 4096") as string,
    });
  });

  it("more threads than cores", async () => {
    await expect(load({ threads: 4096 })).rejects.toMatchObject({
      reason: "invalidSettings",
      message: expect.stringMatching(/^THREADS \(4096\) must be at most \d+: this process may use/) as string,
    });
  });

  it("a model without a chat template", async () => {
    const modelPath = tinyModel({ template: "none" });
    await expect(load({ modelPath })).rejects.toMatchObject({
      reason: "unsupportedModel",
      message: expect.stringContaining(`chat template of model ${modelPath} is missing.`) as string,
    });
  }, 60_000);

  it("what llama.cpp refuses is reported with its words", async () => {
    const modelPath = made({ ...METADATA, "general.architecture": { type: "string", value: "qwen2" } });
    await expect(load({ modelPath, contextSize: 128 })).rejects.toMatchObject({
      reason: "unsupportedModel",
      message: expect.stringMatching(
        /^llama\.cpp could not load the model of .*Choose a model that this version/,
      ) as string,
    });
  }, 60_000);

  it("an aborted load rejects with the reason", async () => {
    const reason = new Error("shutting down");
    await expect(tinyEngine({}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
