import { instanceHour } from "../../../planning/cost/prices";
import { GPU_INSTANCE_TYPES, gpuInstanceType } from "../../../planning/catalogue/gpu-instance-types";
import { gpuMemory, gpuThroughput, hostMemory } from "../../../planning/capacity/gpu-engine";
import { MIB } from "../../../planning/byte-units";

const [g6] = GPU_INSTANCE_TYPES;
if (g6 === undefined) throw new Error("no GPU type");
const SMALL = 988_097_824;
const shape = { layers: 28, keyValueHeads: 2, headSize: 128 };

it("every type has a price, and is found by its name", () => {
  for (const type of GPU_INSTANCE_TYPES) {
    expect(instanceHour(type.name)).toBeGreaterThan(0.5);
    expect(gpuInstanceType(type.name)).toBe(type);
  }
  expect(gpuInstanceType("c7i.large")).toBeUndefined();
});

it("what weights and engine leave of the GPU is for conversations, 28 KiB a token of a 1.5B model", () => {
  const memory = gpuMemory(g6, { bytes: 3000 * MIB, shape });
  expect(memory).toMatchObject({ usableMiB: 20_599, weightsMiB: 3000, overheadMiB: 2048, keyValueMiB: 15_551 });
  expect(memory.tokens).toBe(Math.floor((15_551 * 1024) / 28));
});

it("has no room where the weights alone are too large", () => {
  expect(gpuMemory(g6, { bytes: 30_000 * MIB, shape })).toMatchObject({ tokens: 0, keyValueMiB: -11_449 });
});

it("the pod needs the weights once, and room for the engine", () => {
  expect(hostMemory({ bytes: 3000 * MIB })).toMatchObject({ keyValueMiB: 0, expectedMiB: 7096, totalMiB: 7707 });
});

it("is as fast as the measurement for its model, and slower with larger weights", () => {
  const measured = gpuThroughput(SMALL, 16);
  expect([measured.decode, measured.decodePerSlot * 16]).toEqual([168, 2277]);
  expect(gpuThroughput(SMALL, 1).decodePerSlot).toBe(168);
  const larger = gpuThroughput(3 * SMALL, 16);
  expect(larger.decode).toBeCloseTo(56);
  expect(larger.decodePerSlot * 16).toBeCloseTo(759);
  expect(larger.slowest).toBeCloseTo(larger.decodePerSlot / 2);
});

it("more streams than were measured share the same sum", () => {
  expect(gpuThroughput(SMALL, 32).decodePerSlot * 32).toBeCloseTo(2277);
});
