import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";

interface StoredComment {
  id: number;
  body: string;
  user: { type: string };
}

/** GitHub's comment endpoints, as far as they are used. */
export class FakeGitHub {
  readonly comments: StoredComment[] = [];
  readonly requests: string[] = [];
  /** Status with which every request is refused; 0 for none. */
  refuse = 0;
  readonly #server: Server;

  constructor(
    server: Server,
    readonly url: string,
  ) {
    this.#server = server;
  }

  static async start(): Promise<FakeGitHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeGitHub(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const url = new URL(request.url ?? "", fake.url);
        fake.requests.push(`${request.method ?? ""} ${url.pathname} ${request.headers.authorization ?? ""}`);
        if (fake.refuse > 0) {
          response.writeHead(fake.refuse).end('{"message":"Resource not accessible by integration"}');
          return;
        }
        const page = Number(url.searchParams.get("page") ?? 1);
        const body = text === "" ? "" : (JSON.parse(text) as { body: string }).body;
        if (request.method === "GET") {
          response.end(JSON.stringify(fake.comments.slice((page - 1) * 100, page * 100)));
          return;
        }
        const id = Number(url.pathname.split("/").at(-1));
        const present = fake.comments.find((comment) => comment.id === id);
        if (request.method === "PATCH" && present !== undefined) present.body = body;
        else fake.comments.push({ id: fake.comments.length + 1, body, user: { type: "Bot" } });
        response.end("{}");
      });
    });
    return fake;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
