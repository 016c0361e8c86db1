import OpenAI from "openai";

/** The official client, which asks once: what it makes of an error is for the test to see. */
export function officialClient(origin: string): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: "none", maxRetries: 0 });
}

/** A request as it goes over the wire. */
export function postJson(
  url: string,
  body: object,
  { headers, ...init }: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(url, {
    ...init,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
