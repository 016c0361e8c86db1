import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

import { httpProbe } from "../../../rehearsal/kubelet/http-probe";

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const probe = (port: number, timeoutMs = 5000, headers: Record<string, string> = {}) =>
  httpProbe({ host: "127.0.0.1", port, path: "/health", timeoutMs, headers });

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

it.each([
  [199, "failure"],
  [200, "success"],
  [399, "success"],
  [400, "failure"],
  [503, "failure"],
])("HTTP %d is a %s", async (status, result) => {
  // 199 is informational and node:http would wait for the final answer: it is written by hand.
  const tcp = createTcpServer((socket) => {
    socket.once("data", () => socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const outcome = await probe((tcp.address() as AddressInfo).port, status === 199 ? 300 : 5000);
  tcp.close();
  expect(outcome.result).toBe(result);
});

it("asks as the kubelet asks: GET, its user agent, its own connection each time", async () => {
  const seen: IncomingMessage[] = [];
  const ports = new Set<number | undefined>();
  const port = await serve((request, response) => {
    seen.push(request);
    ports.add(request.socket.remotePort);
    response.end("ok");
  });
  await probe(port);
  await probe(port, 5000, { "X-Extra": "1" });
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /health", "GET /health"]);
  expect(seen[0]?.headers["user-agent"]).toBe("kube-probe/1.35");
  expect(seen[0]?.headers.connection).toBe("close");
  expect(seen[1]?.headers["x-extra"]).toBe("1");
  expect(ports.size).toBe(2);
});

it("no headers within the time-out is a failure that says so", async () => {
  const port = await serve(() => undefined);
  expect(await probe(port, 100)).toEqual({ result: "failure", detail: "no answer within 0.1 s" });
});

it("a refused connection is a failure", async () => {
  const port = await serve(() => undefined);
  await new Promise((resolve) => server?.close(resolve));
  server = undefined;
  expect(await probe(port)).toEqual({ result: "failure", detail: "connection refused" });
});

it("a connection that breaks before the headers is a failure", async () => {
  const port = await serve((request) => request.socket.destroy());
  expect(await probe(port)).toMatchObject({ result: "failure" });
});

it("a body that stalls is tried three times within its time-out and then thrown away", async () => {
  let requests = 0;
  const port = await serve((_request, response) => {
    requests += 1;
    response.writeHead(200, { "Content-Length": "10" });
    response.write("half");
  });
  expect(await probe(port, 100)).toEqual({
    result: "error",
    detail: "body unreadable 3 times, thrown away: no answer within 0.1 s",
  });
  expect(requests).toBe(3);
});

it("more than 10 KiB of body are not waited for", async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200);
    response.write(Buffer.alloc(64 * 1024));
  });
  expect((await probe(port)).result).toBe("success");
});

it("follows a redirect on the same host and judges where it leads", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/health") response.writeHead(302, { Location: "/elsewhere" }).end();
    else response.writeHead(503).end();
  });
  expect(await probe(port)).toEqual({ result: "failure", detail: "HTTP 503" });
});

it("does not follow a redirect to another host: success with a warning", async () => {
  const port = await serve((_request, response) => {
    response.writeHead(302, { Location: "http://localhost:1/login" }).end();
  });
  expect(await probe(port)).toEqual({
    result: "success",
    detail: "HTTP 302",
    warning: "a redirect to another host (localhost:1) counts as success and was not followed",
  });
});

it("follows redirects up to the tenth request", async () => {
  let requests = 0;
  const port = await serve((_request, response) => {
    requests += 1;
    if (requests === 10) response.writeHead(200).end();
    else response.writeHead(307, { Location: `/health?${requests}` }).end();
  });
  expect(await probe(port)).toEqual({ result: "success", detail: "HTTP 200" });
});

it("stops when the tenth request is redirected, as the kubelet's client does", async () => {
  let requests = 0;
  const port = await serve((_request, response) => {
    requests += 1;
    response.writeHead(307, { Location: `/health?${requests}` }).end();
  });
  expect(await probe(port)).toEqual({ result: "failure", detail: "stopped after 10 redirects" });
  expect(requests).toBe(10);
});

it("a redirect without a target is a success with a warning", async () => {
  const port = await serve((_request, response) => response.writeHead(304).end());
  expect((await probe(port)).warning).toMatch("a redirect without a target");
});
