import { afterEach, describe, expect, it } from "@jest/globals";
import { connect } from "node:net";
import { FakeEngine, gate } from "../../helpers/fake-engine";
import { closeHttpServices, httpService, until } from "../../helpers/http-service";
import { exchange } from "../../helpers/raw-http";

afterEach(closeHttpServices);

const request = (stream: boolean, version = "1.1"): string => {
  const body = JSON.stringify({ messages: [{ role: "user", content: "Hi" }], stream });
  return `POST /v1/chat/completions HTTP/${version}\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

async function busyService() {
  const held = gate();
  const engine = new FakeEngine(1, { hold: held.promise });
  const origin = await (await httpService({ engine })).listen();
  return { engine, origin, finish: held.open, busy: () => until(() => engine.running === 1, "the answer has begun") };
}

describe("a client that has ended its side of the connection", () => {
  it.each([true, false])("gets its answer when it still listens (stream: %s)", async (stream) => {
    const { engine, origin, finish, busy } = await busyService();
    const answer = exchange(origin, request(stream), (socket) => socket.end());
    await busy();
    // Longer than the first knocks: each would end the connection of a client that is gone.
    await new Promise((resolve) => setTimeout(resolve, 200));
    finish();
    expect(await answer).toContain("HTTP/1.1 200 OK");
    expect(await answer).toContain(stream ? "[DONE]" : '"content":"Hello there"');
    expect(engine.aborted).toBe(0);
  });

  it.each([
    [true, "1.1"],
    [false, "1.1"],
    [false, "1.0"],
  ])("is found gone when it has closed (stream: %s, HTTP/%s)", async (stream, version) => {
    const { engine, origin, busy } = await busyService();
    const { hostname, port } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request(stream, version)));
    await busy();
    socket.destroy();
    await until(() => engine.aborted === 1, "the generation is ended");
  });
});
