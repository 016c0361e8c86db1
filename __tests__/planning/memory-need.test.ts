import { GIB, MIB } from "../../planning/byte-units";
import { cacheNeed, cacheViolation } from "../../planning/cache-need";
import { keyValueBytesPerToken, memoryNeed, memoryViolation } from "../../planning/memory-need";
import { catalogueModel } from "../../planning/model-catalogue";

const SHAPE = { layers: 36, keyValueHeads: 2, headSize: 128 };

describe("memory need", () => {
  it("counts 36 KiB a token for the 3B model and 144 KiB for the 4B one", () => {
    expect(keyValueBytesPerToken(SHAPE)).toBe(36 * 1024);
    expect(keyValueBytesPerToken(catalogueModel("qwen3-4b-thinking-2507")?.shape ?? SHAPE)).toBe(144 * 1024);
  });

  it("adds weights, context of every slot, runtime and headroom", () => {
    const need = memoryNeed({ bytes: 2000 * MIB, shape: SHAPE }, { contextSize: 4096, slots: 2 });
    expect(need).toMatchObject({ weightsMiB: 2000, keyValueMiB: 288 });
    expect(need.overheadMiB).toBe(135 + 90);
    expect(need.expectedMiB).toBe(2513);
    expect(need.totalMiB).toBe(Math.ceil(2513 * 1.05 + 256));
    expect(need.expectedMiB + need.headroomMiB).toBeCloseTo(need.totalMiB, 9);
  });

  // Measured by npm run measure-memory: resident MiB of the service after an answer in each of its slots. The overhead
  // was fitted to the first three.
  const SMALL = { weightsMiB: 14, shape: { layers: 6, keyValueHeads: 2, headSize: 64 } };
  const MEDIUM = { weightsMiB: 261, shape: { layers: 24, keyValueHeads: 4, headSize: 64 } };
  const LARGE = { weightsMiB: 2081, shape: SHAPE };
  it.each([
    ["small", 4096, 2, SMALL, 175],
    ["medium", 4096, 2, MEDIUM, 591],
    ["3b", 4096, 2, LARGE, 2604],
    ["small", 2048, 1, SMALL, 161],
    ["medium", 2048, 1, MEDIUM, 477],
    ["3b", 2048, 1, LARGE, 2388],
    ["small", 8192, 2, SMALL, 200],
    ["medium", 8192, 2, MEDIUM, 787],
    ["3b", 8192, 2, LARGE, 2890],
  ])(
    "is within 15 percent of the measured %s with %d x %d",
    (_, contextSize, slots, { weightsMiB, shape }, measured) => {
      const { expectedMiB } = memoryNeed({ bytes: weightsMiB * MIB, shape }, { contextSize, slots });
      expect(Math.abs(measured - expectedMiB) / expectedMiB).toBeLessThan(0.15);
    },
  );

  it("grows with context and slots", () => {
    const kv = (contextSize: number, slots: number): number =>
      memoryNeed({ bytes: 1, shape: SHAPE }, { contextSize, slots }).keyValueMiB;
    expect(kv(8192, 1)).toBe(kv(4096, 2));
    expect(kv(8192, 4)).toBe(4 * kv(4096, 2));
  });

  it("accepts the smallest limit and refuses one MiB less", () => {
    const use = { contextSize: 4096, slots: 2 };
    const need = memoryNeed({ bytes: 2000 * MIB, shape: SHAPE }, use);
    expect(memoryViolation(need, need.totalMiB, use)).toBeUndefined();
    expect(memoryViolation(need, need.totalMiB - 1, use)).toEqual({
      subject: "chat.memoryMiB",
      actual: need.totalMiB - 1,
      rule: `must be at least ${need.totalMiB}: weights 2000 + context 4096 x 2 slots 288 + runtime ${Math.round(need.overheadMiB)} + headroom ${Math.round(need.headroomMiB)} MiB, or the kernel kills the container`,
      fix: `Set memoryMiB to ${need.totalMiB}, or lower contextSize or parallelSlots, or take a smaller model`,
    });
  });
});

describe("cache need", () => {
  it("has room for the model, the next one on its way in, and the file system", () => {
    const need = cacheNeed(2 * GIB);
    expect(need).toMatchObject({ modelBytes: 2 * GIB, partialBytes: 2 * GIB });
    expect(need.totalBytes).toBe(need.modelBytes + need.partialBytes + need.headroomBytes);
    expect(need.totalBytes * 0.93).toBeGreaterThanOrEqual(4 * GIB + 64 * MIB);
  });

  it("fits every catalogue model into 15 GiB", () => {
    expect(cacheViolation(cacheNeed(2_497_281_152), 15)).toBeUndefined();
  });

  it("refuses a volume one GiB too small", () => {
    const need = cacheNeed(2 * GIB);
    expect(cacheViolation(need, 5)).toBeUndefined();
    expect(cacheViolation(need, 4)).toEqual({
      subject: "chat.cache.sizeGiB",
      actual: 4,
      rule: "must be at least 5: model 2.00 GiB + partial download of the next one 2.00 GiB + file system 377 MiB",
      fix: "Set cache.sizeGiB to 5 or take a smaller model",
    });
  });
});
