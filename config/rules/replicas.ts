import { type Rule } from "./rule";

const ONE_VOLUME = 'needs cache mode "per-replica": one ReadWriteOnce volume cannot serve several pods';

const oneOnASharedCache: Rule = ({ config: { chat } }) => {
  if (chat.cache.mode === "per-replica" || chat.replicas === 1) return undefined;
  return {
    path: "chat.replicas",
    actual: chat.replicas,
    rule: ONE_VOLUME,
    fix: 'Write cache: { mode: "per-replica" }, or replicas: 1',
  };
};

const noAutoscalerOnASharedCache: Rule = ({ config: { chat } }) => {
  if (chat.cache.mode === "per-replica" || chat.maxReplicas === undefined) return undefined;
  return {
    path: "chat.maxReplicas",
    actual: chat.maxReplicas,
    rule: ONE_VOLUME,
    fix: 'Write cache: { mode: "per-replica" }, or remove maxReplicas',
  };
};

const autoscalerGoesUp: Rule = ({ config: { chat } }) => {
  const { cache, replicas, maxReplicas } = chat;
  if (cache.mode === "shared" || maxReplicas === undefined || maxReplicas > replicas) return undefined;
  return {
    path: "chat.maxReplicas",
    actual: maxReplicas,
    rule: `must be more than replicas (${replicas}), the number that the autoscaler starts from`,
    fix: `Write maxReplicas: ${replicas + 1}, or remove it`,
  };
};

export const replicaRules: readonly Rule[] = [oneOnASharedCache, noAutoscalerOnASharedCache, autoscalerGoesUp];
