import { connect } from "node:net";

import { PATHS } from "../src/contract.js";
import { HOST } from "./service-process.js";

/** One POST of JSON; a text is sent as it is. */
export function post(port: number, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`http://${HOST}:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Asks for an answer, waits for all of it, and returns the status. */
export async function statusOfChat(port: number, body: unknown): Promise<number> {
  const response = await post(port, PATHS.chatCompletions, body);
  await response.arrayBuffer();
  return response.status;
}

/** Sends bytes that no HTTP client would send and returns the status of the answer, "none" without one. */
export function statusOfBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ host: HOST, port }, () => socket.end(bytes));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "none"));
  });
}

/** What the process says of itself at this moment. */
export interface Reading {
  readonly residentMiB: number;
  /** Longest delay of the event loop since the last reading, seconds. */
  readonly lagSeconds: number;
}

export async function readProcess(port: number): Promise<Reading> {
  const text = await (await fetch(`http://${HOST}:${port}${PATHS.metrics}`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  return {
    residentMiB: value("process_resident_memory_bytes") / 2 ** 20,
    lagSeconds: value("nodejs_eventloop_lag_max_seconds"),
  };
}
