import { type Facts } from "./rules/rule";

/** EC2 gives a spot instance this long between the notice and the end. */
const SPOT_NOTICE_SECONDS = 120;

/** What works and has a surprising consequence. */
export function planNotes({ config, capacity: { budget, fit, plan } }: Facts): string[] {
  const { requestTimeoutSeconds } = config.chat;
  const spot = config.target === "eks" && config.nodes.capacityType === "SPOT";
  const notes: string[] = [];
  if (config.chat.engine.type === "vllm") {
    notes.push("The engine is vLLM: /triage and the chat page are not there. docs/scaling.md says what else differs.");
  }
  if (spot && budget.terminationGraceSeconds > SPOT_NOTICE_SECONDS) {
    notes.push(
      `Spot nodes end ${SPOT_NOTICE_SECONDS} s after their notice, and the drain may take ${budget.drainSeconds} s: the ` +
        `longest answers are cut off when a node is reclaimed. Lower maxTokens, or use ON_DEMAND.`,
    );
  }
  if (spot) {
    notes.push("A reclaimed spot node stops the service until the next node is there and the model is loaded again.");
  }
  if (fit?.instance.burstable === true) {
    notes.push(
      `${fit.instance.name} earns CPU credits for a fraction of its cores. Token generation uses whole cores, so it falls to ` +
        `that baseline or, in unlimited mode, is billed beyond the price shown. Use it for short demonstrations only.`,
    );
  }
  if (budget.longestAnswerSeconds >= requestTimeoutSeconds) {
    notes.push(
      `An answer of maxTokens may not finish within requestTimeoutSeconds (${requestTimeoutSeconds} s) at the slowest speed. ` +
        `Lower maxTokens or raise the deadline.`,
    );
  }
  const idleTimeout = plan.loadBalancerIdleTimeoutSeconds;
  if (idleTimeout !== null && idleTimeout < requestTimeoutSeconds) {
    notes.push(
      `Answers that are not streamed send nothing until they are complete: the load balancer cuts those that take more than ` +
        `its idle timeout of ${idleTimeout} s. Clients should stream.`,
    );
  }
  const { id, licence, nonCommercial, judgesUrgency = true } = plan.model;
  if (!judgesUrgency) {
    notes.push(`${id} is too small to judge how urgent a complaint is: /triage is off. It is for trying things out.`);
  }
  if (nonCommercial) notes.push(`${id} has a licence (${licence}) that forbids commercial use.`);
  return notes;
}
