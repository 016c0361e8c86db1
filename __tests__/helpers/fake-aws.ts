import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo } from "node:net";

export interface FakeAnswer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One endpoint for every service: an answer a call, named like `DescribeVolumes` or `HEAD /bucket`. */
export class FakeAws {
  readonly calls: string[] = [];
  readonly bodies: string[] = [];
  answers: Record<string, FakeAnswer | undefined> = {};
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeAws> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeAws(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const call = nameOf(request, body);
        fake.calls.push(call);
        fake.bodies.push(body);
        const answer = fake.answers[call] ?? { status: 500, body: `no answer for ${call}` };
        response.writeHead(answer.status ?? 200, { ...answer.headers });
        response.end(answer.body ?? "");
      });
    });
    return fake;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Query services say the action in the body, JSON services in a header, REST services by method and path. */
function nameOf(request: IncomingMessage, body: string): string {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") return target.split(".").at(-1) ?? target;
  const action = new URLSearchParams(body).get("Action");
  if (action !== null) return action;
  return `${request.method ?? ""} ${((request.url ?? "").split("?")[0] ?? "").replace(/(.)\/$/, "$1")}`;
}

/** An answer of an EC2-style query service. */
export const xml = (root: string, inner: string): FakeAnswer => ({
  body: `<${root}>${inner}</${root}>`,
  headers: { "content-type": "text/xml" },
});

/** An answer of a query service that wraps its result (STS, load balancers). */
export const result = (action: string, inner: string): FakeAnswer =>
  xml(`${action}Response`, `<${action}Result>${inner}</${action}Result>`);

export const json = (value: unknown, status = 200): FakeAnswer => ({
  status,
  body: JSON.stringify(value),
  headers: { "content-type": "application/x-amz-json-1.1" },
});

export const failure = (type: string, status = 400): FakeAnswer =>
  json({ __type: type, message: `${type} from the fake` }, status);
