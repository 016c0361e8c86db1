import { GIB, formatBytes } from "../../planning/byte-units";
import { type Rule } from "./rule";

/** A full volume ends the download near its end, after minutes, on every start. */
const holdsTwoModels: Rule = ({ config: { chat }, capacity: { cache } }) => {
  if (chat.cache.sizeGiB * GIB >= cache.totalBytes) return undefined;
  const needed = Math.ceil(cache.totalBytes / GIB);
  return {
    path: "chat.cache.sizeGiB",
    actual: chat.cache.sizeGiB,
    rule:
      `must be at least ${needed}: model ${formatBytes(cache.modelBytes)} + partial download of the next one ` +
      `${formatBytes(cache.partialBytes)} + file system ${formatBytes(cache.headroomBytes)}`,
    fix: `Write cache: { sizeGiB: ${needed} }, or choose a smaller model`,
  };
};

export const cacheRules: readonly Rule[] = [holdsTwoModels];
