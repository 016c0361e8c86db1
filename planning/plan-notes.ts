import { type InstanceType } from "./instance-types";
import { type ModelFacts } from "./model-catalogue";
import { type TimeBudget } from "./time-budget";

export interface NotesInput {
  readonly budget: TimeBudget;
  readonly instance: InstanceType | undefined;
  readonly spot: boolean;
  readonly requestTimeoutSeconds: number;
  readonly idleTimeoutSeconds: number | null;
  readonly model: Pick<ModelFacts, "id" | "licence" | "nonCommercial">;
}

/** EC2 gives a spot instance this long between the notice and the end. */
const SPOT_NOTICE_SECONDS = 120;

/** What works, and will surprise somebody one day. */
export function planNotes(input: NotesInput): string[] {
  const { budget, instance, spot, requestTimeoutSeconds, idleTimeoutSeconds, model } = input;
  const notes: string[] = [];
  if (spot && budget.terminationGraceSeconds > SPOT_NOTICE_SECONDS) {
    notes.push(
      `Spot nodes end ${SPOT_NOTICE_SECONDS} s after their notice, and the drain may take ${budget.drainSeconds} s: the ` +
        `longest answers are cut off when a node is reclaimed. Lower maxTokens, or use ON_DEMAND.`,
    );
  }
  if (spot) {
    notes.push(
      "A reclaimed spot node takes the service down until the next one is there and the model is loaded again.",
    );
  }
  if (instance?.burstable === true) {
    notes.push(
      `${instance.name} earns CPU credits for a fraction of its cores. Token generation uses whole cores, so it falls to ` +
        `that baseline or, in unlimited mode, is billed beyond the price shown. Use it for short demonstrations only.`,
    );
  }
  if (budget.longestAnswerSeconds >= requestTimeoutSeconds) {
    notes.push(
      `An answer of maxTokens may not finish within requestTimeoutSeconds (${requestTimeoutSeconds} s) at the slowest speed. ` +
        `Lower maxTokens or raise the deadline.`,
    );
  }
  if (idleTimeoutSeconds !== null && idleTimeoutSeconds < requestTimeoutSeconds) {
    notes.push(
      `Answers that are not streamed send nothing until they are complete: the load balancer cuts those that take more than ` +
        `its idle timeout of ${idleTimeoutSeconds} s. Clients should stream.`,
    );
  }
  if (model.nonCommercial) {
    notes.push(`${model.id} has a licence (${model.licence}) that forbids commercial use.`);
  }
  return notes;
}
