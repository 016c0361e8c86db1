import { MIB } from "../../../planning/byte-units";
import { memoryLimit } from "../../../planning/capacity/memory-limit";

it("adds headroom to what the service needs, so that the service starts within any accepted limit", () => {
  const shape = { layers: 6, keyValueHeads: 2, headSize: 64 };
  for (const bytes of [MIB, 14 * MIB, 2000 * MIB]) {
    const need = memoryLimit({ bytes, shape }, { contextSize: 4096, slots: 2 });
    expect(need.totalMiB).toBe(Math.ceil(need.expectedMiB * 1.05 + 256));
    expect(need.expectedMiB + need.headroomMiB).toBeCloseTo(need.totalMiB, 9);
  }
});
