import { createServer, request, type Server } from "node:http";
import { type AddressInfo } from "node:net";

/**
 * An HTTP proxy that takes every request to the mock of AWS.
 *
 * The AWS provider puts the account's number before the host of S3 Control (`123456789012.localhost`), whatever endpoint it is
 * given, and few machines resolve such a name. Through a proxy it needs no resolving; requests to 127.0.0.1 do not use one.
 */
export class S3ControlRelay {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(mock: string): Promise<S3ControlRelay> {
    const { hostname, port } = new URL(mock);
    const server = createServer((incoming, outgoing) => {
      const { pathname, search } = new URL(incoming.url ?? "/", mock);
      const { method, headers } = incoming;
      const forwarded = request({ hostname, port, method, headers, path: pathname + search }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on("error", () => outgoing.writeHead(502).end());
      incoming.pipe(forwarded);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new S3ControlRelay(server);
  }

  /** What Terraform needs to find it. */
  get variables(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return { HTTP_PROXY: `http://127.0.0.1:${port}`, AWS_ENDPOINT_URL_S3_CONTROL: "http://s3-control.test" };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
