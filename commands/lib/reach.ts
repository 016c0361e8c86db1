import { errorLine } from "./command-line";

/**
 * `fetch`, whose error says no more than "fetch failed": the reason is in its cause.
 * @throws {Error} what `unreachable` makes of the reason
 */
export async function reach(
  url: string,
  unreachable: (reason: string) => Error,
  init?: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly message?: string } };
    throw unreachable(cause?.message ?? errorLine(error));
  }
}
