import { type FastifyInstance } from "fastify";
import { type Admission } from "../../admission/admission.js";
import { PATHS } from "../../contract.js";
import { type Lifecycle } from "../../lifecycle/lifecycle.js";
import { answer, healthSchema, readySchema } from "./answer-schemas.js";

export interface ProbesOptions {
  readonly lifecycle: Lifecycle;
  readonly admission: Admission;
  readonly stallSeconds: number;
}

/** What the kubelet asks. Neither waits for anything but the event loop. */
export function probes(app: FastifyInstance, { lifecycle, admission, stallSeconds }: ProbesOptions): void {
  const health = {
    operationId: "health",
    summary: "Liveness: the process lives and no running request is stalled",
    response: { 200: answer("It does.", healthSchema), 503: answer("A request is stalled.", healthSchema) },
  };
  app.get(PATHS.health, { schema: health }, (_request, reply) => {
    const silentSeconds = admission.stalledSeconds();
    if (silentSeconds < stallSeconds) return reply.send({ status: "ok" });
    return reply.code(503).send({
      status: "stalled",
      error: `A running request has made no progress for ${Math.floor(silentSeconds)} seconds; the limit is ${stallSeconds}.`,
    });
  });

  const ready = {
    operationId: "ready",
    summary: "Readiness: the model can answer; until then, how far it is",
    response: { 200: answer("It can.", readySchema), 503: answer("Not yet, or no more.", readySchema) },
  };
  app.get(PATHS.ready, { schema: ready }, (_request, reply) => {
    const report = lifecycle.report();
    return reply.code(report.status === "ready" ? 200 : 503).send(report);
  });
}
