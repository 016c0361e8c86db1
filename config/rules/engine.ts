import { type Problem } from "../config-error";
import { type Rule } from "./rule";

/** A rule about environments whose engine is vLLM. */
function onGpus(rule: (facts: Parameters<Rule>[0]) => Problem | undefined): Rule {
  return (facts) => (facts.config.chat.engine.type === "vllm" ? rule(facts) : undefined);
}

const modelIsForTheEngine: Rule = ({ config: { chat } }) => {
  const { engine, model } = chat;
  if ((engine.type === "vllm") === (model.source === "hub")) return undefined;
  return {
    path: "chat.model.source",
    actual: model.source,
    rule:
      engine.type === "vllm"
        ? 'must be "hub" for the engine "vllm", which loads a repository of the hub and no GGUF file'
        : 'must not be "hub" for the engine "llama.cpp", which loads one GGUF file',
    fix:
      engine.type === "vllm"
        ? 'Write model: { source: "hub", repository: "...", revision: "...", ... } as in config/environments/scale.ts'
        : `Write model: { source: "catalogue", id: "qwen2.5-1.5b-instruct" }, or engine: { type: "vllm", instanceType: "g6.xlarge" }`,
  };
};

/** The chart knows no node, so the pods would wait for a GPU that this project cannot see. */
const gpusAreOnEks = onGpus(({ config: { target } }) => {
  if (target === "eks") return undefined;
  return {
    path: "chat.engine.type",
    actual: "vllm",
    rule: 'needs target "eks", where the cluster stack makes the GPU nodes',
    fix: 'Write target: "eks", or engine: { type: "llama.cpp" }',
  };
});

const modelFitsTheGpu = onGpus(({ config: { chat }, capacity: { gpu } }) => {
  if (gpu === null || gpu.tokens >= chat.contextSize) return undefined;
  return {
    path: "chat.engine.instanceType",
    actual: chat.engine.type === "vllm" ? chat.engine.instanceType : undefined,
    rule:
      `must have room for one conversation of contextSize (${chat.contextSize} tokens): of ${gpu.usableMiB} MiB that vLLM may ` +
      `use, the weights take ${gpu.weightsMiB} and the engine ${gpu.overheadMiB}, so ${gpu.tokens} tokens are left`,
    fix: "Choose a smaller or quantized model, a smaller contextSize, or add a type with a larger GPU to planning/catalogue/gpu-instance-types.ts",
  };
});

const replicasAreFixed = onGpus(({ config: { chat } }) => {
  if (chat.maxReplicas === undefined) return undefined;
  return {
    path: "chat.maxReplicas",
    actual: chat.maxReplicas,
    rule: 'has no effect with the engine "vllm": each replica has its own GPU node, and their number is fixed',
    fix: "Remove it, and set replicas",
  };
});

const mirrorIsForOneFile = onGpus(({ config }) => {
  if (config.target !== "eks" || config.modelMirror === undefined) return undefined;
  return {
    path: "modelMirror.bucket",
    actual: config.modelMirror.bucket,
    rule: 'has no effect with the engine "vllm": it holds single files, and vLLM asks for a repository of the hub',
    fix: "Remove modelMirror, or set chat.modelBaseUrl to a mirror that speaks as the hub does",
  };
});

/** It would show the metrics, which have no key, to its clients. */
const pathsAreRouted = onGpus(({ config: { chat } }) => {
  if (chat.exposure.type !== "load-balancer") return undefined;
  return {
    path: "chat.exposure.type",
    actual: chat.exposure.type,
    rule: 'cannot go with the engine "vllm": a Network Load Balancer passes /metrics on, which vLLM answers without a key',
    fix: 'Write exposure: { type: "https", ... }, or { type: "cluster-ip" }',
  };
});

export const engineRules: readonly Rule[] = [
  gpusAreOnEks,
  modelIsForTheEngine,
  modelFitsTheGpu,
  replicasAreFixed,
  mirrorIsForOneFile,
  pathsAreRouted,
];
