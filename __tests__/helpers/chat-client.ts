import OpenAI from "openai";

/** The official client, which asks once: what it makes of an error is for the test to see. */
export function officialClient(origin: string): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: "none", maxRetries: 0 });
}

/** A request as it goes over the wire. */
export function postJson(url: string, body: object, init: Pick<RequestInit, "signal" | "headers"> = {}) {
  const headers = { "content-type": "application/json", ...init.headers };
  return fetch(url, { ...init, method: "POST", headers, body: JSON.stringify(body) });
}
