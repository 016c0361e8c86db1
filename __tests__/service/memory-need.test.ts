import { keyValueBytesPerToken, memoryNeed } from "../../service/src/memory-need.js";

const MIB = 2 ** 20;
const shape = (layers: number, keyValueHeads: number, headSize: number) => ({
  layers,
  keyValueHeads,
  keyLength: headSize,
  valueLength: headSize,
});
const SMALL = { fileBytes: 14 * MIB, ...shape(6, 2, 64) };
const MEDIUM = { fileBytes: 261 * MIB, ...shape(24, 4, 64) };
const LARGE = { fileBytes: 2081 * MIB, ...shape(36, 2, 128) };

it("counts 36 KiB a token for the shape of a 3B model, and keys and values by their own lengths", () => {
  expect(keyValueBytesPerToken(LARGE)).toBe(36 * 1024);
  expect(keyValueBytesPerToken({ ...LARGE, valueLength: 64 })).toBe(27 * 1024);
});

it("adds weights, context of every slot, kept conversations and overhead", () => {
  const settings = { contextSize: 4096, slots: 2, stateCacheMiB: 100 };
  expect(memoryNeed({ ...LARGE, fileBytes: 2000 * MIB }, settings)).toEqual({
    weightsMiB: 2000,
    keyValueMiB: 288,
    stateCacheMiB: 100,
    overheadMiB: 135 + 90,
    expectedMiB: 2613,
  });
});

// Measured by npm run bench -- memory: resident MiB of the service after an answer in each of its slots. The overhead was
// fitted to the first three.
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
])("is within 5 percent of the measured %s with %d x %d", (_, contextSize, slots, model, measured) => {
  const { expectedMiB } = memoryNeed(model, { contextSize, slots });
  expect(Math.abs(measured - expectedMiB) / expectedMiB).toBeLessThan(0.05);
});
