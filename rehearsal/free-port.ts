import { createServer } from "node:net";

import { RehearsalError } from "./rehearsal-error";

/** The given port if it is free, or a free one. */
export function choosePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new RehearsalError(
          `port ${wanted} cannot be used (${error.code === "EADDRINUSE" ? "it is taken" : error.message}). ` +
            `Choose another by --port, or leave it out for a free one.`,
        ),
      ),
    );
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}
