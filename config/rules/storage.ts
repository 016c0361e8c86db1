import { GP3 } from "../../planning/catalogue/gp3";
import { onEks, type Rule } from "./rule";

// AWS refuses such a volume when the first pod claims it: long after synth, and only in the events of the claim.

const throughputNeedsIops = onEks(({ config: { storage } }) => {
  const { iops, throughputMiBps } = storage;
  const needed = throughputMiBps / GP3.throughputMiBpsPerIops;
  if (needed <= iops) return undefined;
  return {
    path: "storage.throughputMiBps",
    actual: throughputMiBps,
    rule: `needs ${needed} iops, and the volume has ${iops}: gp3 gives ${GP3.throughputMiBpsPerIops} MiB/s for each of them`,
    fix: `Write iops: ${needed}, or throughputMiBps: ${Math.floor(iops * GP3.throughputMiBpsPerIops)}`,
  };
});

/** Every size has the baseline: 1 GiB gets 3000 iops although 500 a GiB would be less. */
const iopsNeedSize = onEks(({ config: { storage, chat } }) => {
  const { sizeGiB } = chat.cache;
  const most = Math.max(GP3.baselineIops, sizeGiB * GP3.iopsPerGiB);
  if (storage.iops <= most) return undefined;
  return {
    path: "storage.iops",
    actual: storage.iops,
    rule: `is more than a gp3 volume of ${sizeGiB} GiB can have: ${GP3.iopsPerGiB} for each GiB`,
    fix: `Write iops: ${most}, or cache: { sizeGiB: ${Math.ceil(storage.iops / GP3.iopsPerGiB)} }`,
  };
});

export const storageRules: readonly Rule[] = [throughputNeedsIops, iopsNeedSize];
