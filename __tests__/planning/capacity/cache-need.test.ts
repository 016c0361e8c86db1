import { GIB, MIB } from "../../../planning/byte-units";
import { cacheNeed } from "../../../planning/capacity/cache-need";

it("has room for the model, the next one on its way in, and the file system", () => {
  const need = cacheNeed(2 * GIB);
  expect(need).toMatchObject({ modelBytes: 2 * GIB, partialBytes: 2 * GIB });
  expect(need.totalBytes).toBe(need.modelBytes + need.partialBytes + need.headroomBytes);
  expect(need.totalBytes * 0.93).toBeGreaterThanOrEqual(4 * GIB + 64 * MIB);
});

it("fits every catalogue model into 15 GiB", () => {
  expect(cacheNeed(2_497_281_152).totalBytes).toBeLessThan(15 * GIB);
});
