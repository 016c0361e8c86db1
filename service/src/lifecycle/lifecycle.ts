import { type ReadyReport } from "../contract.js";
import { type Engine } from "../engine/engine.js";

/**
 * What the HTTP side sees of the way from a fresh process to an answering model and back. The implementation is
 * `ModelLifecycle`; tests of the HTTP side use a fake.
 */
export interface Lifecycle {
  /** The body of `GET /ready`, at this moment. */
  report(): ReadyReport;
  /** Defined only in the phases `ready` and `draining`. */
  readonly engine: Engine | undefined;
  /** Whether the model was already complete in the cache; null while that is unknown, and for a local file. */
  readonly cacheHit: boolean | null;
}
