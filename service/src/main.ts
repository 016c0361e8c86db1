import { EXIT_CODES } from "./contract.js";

/**
 * The kernel drops a signal to process 1 of a container that has no handler, so a SIGTERM while the modules are read
 * would be lost, and the pod would hang until it is killed. There is nothing to drain yet.
 */
const exit = (): void => process.exit(EXIT_CODES.ok);
process.on("SIGTERM", exit).on("SIGINT", exit);
const { startServer } = await import("./server.js");
const running = startServer(process.env);
process.off("SIGTERM", exit).off("SIGINT", exit);
await running;
