import { type FastifyInstance } from "fastify";
import { PATHS } from "../../contract.js";
import { type Metrics } from "../../metrics.js";

/**
 * What Prometheus asks; it waits for nothing but the event loop. A Network Load Balancer passes every path on, with the
 * address of its client: one that is not inside finds nothing here.
 */
export function exposition(app: FastifyInstance, metrics: Metrics, inside: (address: string) => boolean): void {
  app.get(PATHS.metrics, async (request, reply) => {
    // A load balancer keeps this path inside by its name, so it has no other spelling, such as /%6Detrics.
    if (request.raw.url?.replace(/[?].*/, "") !== PATHS.metrics || !inside(request.ip)) {
      reply.callNotFound();
      return reply;
    }
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
