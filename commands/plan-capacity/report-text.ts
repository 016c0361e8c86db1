import { ConfigError } from "../../config/config-error";
import { GIB, formatBytes } from "../../planning/byte-units";
import { type GpuMemory } from "../../planning/capacity/gpu-engine";
import { HEADROOM } from "../../planning/capacity/memory-limit";
import { type PodFit } from "../../planning/capacity/pod-fit";
import { textTable, wrap } from "../lib/text-table";
import { costLines, largestLines } from "./cost-text";
import { type CapacityReport } from "./report";
import { timeBudgetLines } from "./time-budget-text";

/** The report as a person reads it: budget, fit, memory, speed, bill, and what to think about. */
export function reportText(report: CapacityReport): string {
  const { assessment } = report;
  const sections = [
    title(report),
    ...refusals(report),
    timeBudgetLines(report),
    assessment.fit === null ? unknownNodes(report) : podFit(report, assessment.fit),
    memory(report),
    ...(assessment.gpu === null ? [] : [gpuMemory(report, assessment.gpu)]),
    assessment.gpu === null ? speed(report) : gpuSpeed(report),
    ...(report.cost === null ? [] : [costLines(report.cost), largestLines(report.cost)]),
    ...(assessment.notes.length === 0
      ? []
      : [["Worth knowing", ...assessment.notes.flatMap((note) => wrap(note, "  - "))]]),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function title({ environment, assessment: { plan, fit }, service }: CapacityReport): string[] {
  const where = fit === null ? "an existing cluster" : `${service.nodes} x ${fit.instance.name}`;
  const pods = service.maxReplicas === null ? `${service.replicas}` : `${service.replicas} to ${service.maxReplicas}`;
  const line = `Capacity plan of "${environment}": ${plan.model.id}, ${pods} x ${service.cpuCores} cores and ${service.memoryMiB} MiB, on ${where}`;
  return [line, "=".repeat(line.length)];
}

/** What synth would refuse, and what it waits for. */
function refusals({ environment, assessment: { problems } }: CapacityReport): string[][] {
  const missing = problems.filter((problem) => problem.missing !== undefined);
  const refused = problems.filter((problem) => problem.missing === undefined);
  return [
    ...(refused.length === 0
      ? []
      : [problemLines(new ConfigError(`REFUSED, synth would stop here. environment "${environment}"`, refused))]),
    ...(missing.length === 0 ? [] : [problemLines(new ConfigError("MISSING before synth", missing))]),
  ];
}

function problemLines({ message }: ConfigError): string[] {
  const [first = "", ...lines] = message.split("\n");
  return [first, ...lines.flatMap((line) => wrap(line.replace(/^ *- /, ""), "  - "))];
}

function podFit({ service, assessment: { cache, gpu } }: CapacityReport, fit: PodFit): string[] {
  const { instance, allocatable, system, free, podsPerNode } = fit;
  const rows = [
    ["", "cpu", "memory", "pods"],
    [instance.name, `${instance.vcpus * 1000}m`, `${instance.memoryMiB} MiB`, `${instance.maxPods}`],
    ["allocatable", `${allocatable.cpuMillicores}m`, `${allocatable.memoryMiB} MiB`, `${allocatable.pods}`],
    ["system pods", `-${system.cpuMillicores}m`, `-${system.memoryMiB} MiB`, `-${system.pods}`],
    ["free", `${free.cpuMillicores}m`, `${free.memoryMiB} MiB`, `${free.pods}`],
    ["chat pod", `${service.cpuCores * 1000}m`, `${service.memoryMiB} MiB`, "1"],
  ];
  const replicas = service.maxReplicas ?? service.replicas;
  const nodes = service.nodes ?? 1;
  const verdict =
    podsPerNode === 0
      ? "does NOT fit: the scheduler would leave the pod Pending"
      : podsPerNode * nodes < replicas
        ? `fits, but ${nodes} ${plural(nodes, "node")} ${nodes === 1 ? "holds" : "hold"} ${podsPerNode * nodes} of ${replicas} pods`
        : `fits: ${podsPerNode} on each node, ${replicas} ${plural(replicas, "pod")} on ${nodes} ${plural(nodes, "node")}`;
  return [
    `Pod on its node: ${verdict}`,
    ...textTable(rows, ["left", "right", "right", "right"]),
    ...(service.exclusiveCores ? [sharedPool(fit)] : []),
    `  ${gpu === null ? "cache volume" : "disk of the node"}: ${formatBytes(cache.totalBytes)} needed of ${service.cacheGiB} GiB (model, next model's download, file system)`,
  ];
}

function sharedPool({ instance, sharedCores, system }: PodFit): string {
  return (
    `  cores: ${instance.vcpus - sharedCores} for chat pods alone; ${sharedCores} for the system pods ` +
    `(${system.cpuMillicores}m) and the services of the node`
  );
}

function unknownNodes({ service, assessment: { cache } }: CapacityReport): string[] {
  return [
    "Pod on its node: not checked, the nodes of an existing cluster are not known",
    `  needs ${service.cpuCores * 1000}m cpu and ${service.memoryMiB} MiB free on one node`,
    `  cache volume: ${formatBytes(cache.totalBytes)} needed of ${service.cacheGiB} GiB`,
  ];
}

function memory({ service, assessment: { memory: need, gpu: gpuPlan } }: CapacityReport): string[] {
  const gpu = gpuPlan !== null;
  const spare = service.memoryMiB - need.totalMiB;
  const rows = [
    [
      "weights",
      `${Math.round(need.weightsMiB)} MiB`,
      gpu ? "on their way to the GPU" : "the file in memory, repacked in place",
    ],
    ...(gpu
      ? []
      : [
          [
            "key-value cache",
            `${Math.round(need.keyValueMiB)} MiB`,
            `${service.contextSize} tokens x ${service.parallelSlots} ${plural(service.parallelSlots, "slot")}`,
          ],
        ]),
    ...(need.stateCacheMiB > 0
      ? [["kept conversations", `${need.stateCacheMiB} MiB`, "those whose slot another one took"]]
      : []),
    [
      "runtime",
      `${Math.round(need.overheadMiB)} MiB`,
      gpu ? "Python, CUDA, the compiler" : "Node, the service, compute buffers",
    ],
    ["headroom", `${Math.round(need.headroomMiB)} MiB`, `${HEADROOM.fixedMiB} MiB and ${HEADROOM.share * 100} %`],
    [
      "smallest limit",
      `${need.totalMiB} MiB`,
      spare >= 0 ? `${spare} MiB less than the limit` : `${-spare} MiB MORE than the limit`,
    ],
  ];
  return [
    `Memory of the service: limit ${service.memoryMiB} MiB (${(service.memoryMiB / 1024).toFixed(1)} GiB)`,
    ...textTable(rows, ["left", "right", "left"]),
  ];
}

function gpuMemory({ service: { contextSize } }: CapacityReport, gpu: GpuMemory): string[] {
  const rows = [
    ["weights", `${gpu.weightsMiB} MiB`, ""],
    ["engine", `${gpu.overheadMiB} MiB`, "CUDA graphs, activations"],
    [
      "conversations",
      `${gpu.keyValueMiB} MiB`,
      `${gpu.tokens} tokens: ${Math.floor(gpu.tokens / contextSize)} conversations of ${contextSize}`,
    ],
  ];
  return [`Memory of the GPU: ${gpu.usableMiB} MiB that vLLM takes`, ...textTable(rows, ["left", "right", "left"])];
}

function gpuSpeed({ assessment: { throughput, fit }, service: { parallelSlots } }: CapacityReport): string[] {
  const each = throughput.decodePerSlot;
  return [
    `Expected speed (an estimate): ${throughput.decode.toFixed(0)} tok/s for one answer, ${each.toFixed(0)} for each of ${parallelSlots} at once`,
    ...wrap(
      `${(each * parallelSlots).toFixed(0)} tok/s together on ${fit?.instance.processor.name ?? "a GPU"}, by the size of the weights from a ` +
        "published measurement with a smaller model (planning/capacity/gpu-engine.ts). Measure yours: vllm:generation_tokens_total.",
      "  ",
    ),
  ];
}

function speed({ assessment: { throughput, plan, fit }, service }: CapacityReport): string[] {
  const gib = (plan.model.bytes / GIB).toFixed(2);
  const who = fit === null ? "an unknown, middling core" : fit.instance.processor.name;
  return [
    `Expected speed (an estimate): ${throughput.decode.toFixed(0)} tok/s for one answer, ${throughput.decodePerSlot.toFixed(0)} for each of ${service.parallelSlots} at once`,
    ...wrap(
      `${plan.threads} ${plural(plan.threads, "thread")} on ${who}: GiB of weights that its cores read a second, scaled from a measurement on two ` +
        `cores (17.2 tok/s with 1.80 GiB), over ${gib} GiB. Prompts are read at about ${throughput.prefill.toFixed(0)} tok/s. Measure yours: ` +
        `/metrics counts tokens and seconds.`,
      "  ",
    ),
  ];
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}
