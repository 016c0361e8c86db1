import { typeThatFits, type PodRequests } from "../../planning/capacity/pod-fit";
import { gpuInstanceType } from "../../planning/catalogue/gpu-instance-types";
import { type InstanceType } from "../../planning/catalogue/instance-types";
import { type CapacityPlan } from "../plan";
import { type Rule } from "./rule";

/** More threads than cores wait for each other at every layer of the model: 70 times slower when it was measured. */
const noMoreThreadsThanCores: Rule = ({ config: { chat } }) => {
  const { threads, cpuCores } = chat;
  if (threads === undefined || threads <= cpuCores) return undefined;
  return {
    path: "chat.threads",
    actual: threads,
    rule: `must not be more than cpuCores (${cpuCores}): threads without their own core stall the others`,
    fix: `Write threads: ${cpuCores}, or remove it`,
  };
};

/** The service refuses to start otherwise. */
const answerFitsTheContext: Rule = ({ config: { chat } }) => {
  const { maxTokens, contextSize } = chat;
  if (maxTokens < contextSize) return undefined;
  return {
    path: "chat.maxTokens",
    actual: maxTokens,
    rule: `must be less than contextSize (${contextSize}), which holds the question as well`,
    fix: `Write maxTokens: ${Math.max(1, Math.floor(contextSize / 2))}`,
  };
};

/** The kernel ends a container at its limit: exit 137, no log line, and the same again after the restart. */
const modelFitsTheMemory: Rule = ({ config: { chat }, capacity: { memory } }) => {
  if (chat.memoryMiB >= memory.totalMiB) return undefined;
  const { contextSize, parallelSlots: slots } = chat;
  return {
    path: "chat.memoryMiB",
    actual: chat.memoryMiB,
    rule:
      `must be at least ${memory.totalMiB}: weights ${Math.round(memory.weightsMiB)} + context ${contextSize} x ${slots} ` +
      `${slots === 1 ? "slot" : "slots"} ${Math.round(memory.keyValueMiB)} + ` +
      (memory.stateCacheMiB > 0 ? `kept conversations ${memory.stateCacheMiB} + ` : "") +
      `runtime ${Math.round(memory.overheadMiB)} + headroom ${Math.round(memory.headroomMiB)} MiB, or the kernel kills the container`,
    fix: `Write memoryMiB: ${memory.totalMiB}, or lower contextSize, parallelSlots or stateCacheMiB, or choose a smaller model`,
  };
};

const coresFitTheNode: Rule = ({ config: { chat }, capacity: { fit, addons } }) => {
  if (fit === null || chat.cpuCores * 1000 <= fit.free.cpuMillicores) return undefined;
  const { instance, allocatable, system, free, largestPodCores } = fit;
  const smaller = largestPodCores > 0 ? `Write cpuCores: ${largestPodCores}, or choose` : "Choose";
  return {
    path: "chat.cpuCores",
    actual: chat.cpuCores,
    rule:
      `must fit ${instance.name}: of ${instance.vcpus * 1000}m, EKS leaves ${allocatable.cpuMillicores}m and the system ` +
      `pods take up to ${system.cpuMillicores}m, so ${free.cpuMillicores}m are free`,
    fix: `${smaller} ${largerType(instance, chat, addons)}`,
  };
};

const memoryFitsTheNode: Rule = ({ config: { chat }, capacity: { fit, addons } }) => {
  if (fit === null || chat.memoryMiB <= fit.free.memoryMiB) return undefined;
  const { instance, allocatable, system, free } = fit;
  return {
    path: "chat.memoryMiB",
    actual: chat.memoryMiB,
    rule:
      `must fit ${instance.name}: of ${instance.memoryMiB} MiB, EKS leaves ${allocatable.memoryMiB} and the system pods ` +
      `take up to ${system.memoryMiB}, so ${free.memoryMiB} MiB are free`,
    fix: `Choose ${largerType(instance, chat, addons)}`,
  };
};

function largerType(instance: InstanceType, pod: PodRequests, addons: CapacityPlan["addons"]): string {
  if (gpuInstanceType(instance.name)) return "a larger type of planning/catalogue/gpu-instance-types.ts";
  const type = typeThatFits(instance, pod, addons);
  return type
    ? `nodes: { instanceType: "${type.name}" }`
    : "a smaller pod: no instance type of the table holds this one";
}

export const cpuAndMemoryRules: readonly Rule[] = [
  noMoreThreadsThanCores,
  answerFitsTheContext,
  modelFitsTheMemory,
  coresFitTheNode,
  memoryFitsTheNode,
];
