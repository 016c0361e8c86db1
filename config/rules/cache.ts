import { DEFAULTS } from "../../service/src/contract";
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
      `${formatBytes(cache.partialBytes)} + ${cache.stateBytes > 0 ? `kept conversations ${formatBytes(cache.stateBytes)} + ` : ""}file system ${formatBytes(cache.headroomBytes)}`,
    fix: `Write cache: { sizeGiB: ${needed} }, or choose a smaller model`,
  };
};

const keepsSomethingOnTheVolume: Rule = ({ config: { chat } }) => {
  if (!chat.stateCacheOnVolume || chat.stateCacheMiB > 0) return undefined;
  return {
    path: "chat.stateCacheOnVolume",
    actual: true,
    rule: "needs room for conversations, and stateCacheMiB is 0",
    fix: `Write stateCacheMiB: ${DEFAULTS.stateCacheMiB}, or remove stateCacheOnVolume`,
  };
};

export const cacheRules: readonly Rule[] = [holdsTwoModels, keepsSomethingOnTheVolume];
