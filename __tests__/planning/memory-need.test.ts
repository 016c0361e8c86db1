import { GIB, MIB } from "../../planning/byte-units";
import { cacheNeed, cacheViolation } from "../../planning/cache-need";
import { memoryNeed, memoryViolation } from "../../planning/memory-need";

const SHAPE = { layers: 36, keyValueHeads: 2, headSize: 128 };

describe("memory need", () => {
  it("adds headroom to what the service needs, so that the service starts within any accepted limit", () => {
    const shape = { layers: 6, keyValueHeads: 2, headSize: 64 };
    for (const bytes of [MIB, 14 * MIB, 2000 * MIB]) {
      const need = memoryNeed({ bytes, shape }, { contextSize: 4096, slots: 2 });
      expect(need.totalMiB).toBe(Math.ceil(need.expectedMiB * 1.05 + 256));
      expect(need.expectedMiB + need.headroomMiB).toBeCloseTo(need.totalMiB, 9);
    }
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
