import { EXIT_CODES } from "./contract.js";

/**
 * The kernel ignores a signal to process 1 of a container that nobody handles, so a SIGTERM in the moment in which the
 * modules are read would be lost, and the pod would hang until it is killed. There is nothing to drain yet.
 */
const exit = (): void => process.exit(EXIT_CODES.ok);
process.on("SIGTERM", exit).on("SIGINT", exit);
const { startServer } = await import("./server.js");
const running = startServer(process.env);
process.off("SIGTERM", exit).off("SIGINT", exit);
await running;
