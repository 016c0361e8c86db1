import { afterEach, expect, it } from "@jest/globals";
import OpenAI from "openai";
import { FakeEngine, gate } from "../../helpers/fake-engine";
import { apiKeysOf, closeHttpServices, httpService, until } from "../../helpers/http-service";

const KEY = "k".repeat(32);
const ASK = { model: "fake-model", messages: [{ role: "user" as const, content: "Hi" }] };
afterEach(closeHttpServices);

interface Attempt {
  readonly at: number;
  readonly status: number;
  readonly retryAfter: string | null;
}

/** The official client with two retries, as it comes, and what each of its attempts got. */
async function connect(engine: FakeEngine, apiKey: string) {
  const service = await httpService({ engine, apiKeys: apiKeysOf(KEY), settings: { maxQueue: 0 } });
  const attempts: Attempt[] = [];
  const client = new OpenAI({
    baseURL: `${await service.listen()}/v1`,
    apiKey,
    fetch: async (url, init) => {
      const at = performance.now();
      const response = await fetch(url, init);
      attempts.push({ at, status: response.status, retryAfter: response.headers.get("retry-after") });
      return response;
    },
  });
  return { client, service, attempts };
}

it("the official client does not repeat a request whose key is wrong", async () => {
  const { client, attempts } = await connect(new FakeEngine(), "wrong");
  await expect(client.chat.completions.create(ASK)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  expect(attempts.map(({ status }) => status)).toEqual([401]);
});

it("the official client comes again after a full house, not before Retry-After, and is answered", async () => {
  const hold = gate();
  const engine = new FakeEngine(1, (_, index) => (index === 3 ? { hold: hold.promise } : {}));
  const { client, service, attempts } = await connect(engine, KEY);
  // Short answers: the estimate of when to come again is short.
  for (let index = 0; index < 3; index += 1) await client.chat.completions.create(ASK);
  const first = client.chat.completions.create(ASK);
  await until(() => service.occupancy.running === 1, "the slot is taken");
  const before = attempts.length;
  const second = client.chat.completions.create(ASK);
  await until(() => attempts.length > before, "the second was sent away");
  hold.open();
  await first;
  expect((await second).choices[0]?.message.content).toBe("Hello there");
  const refused = attempts[before];
  const answered = attempts.at(-1);
  expect([refused?.status, answered?.status]).toEqual([429, 200]);
  expect(attempts).toHaveLength(before + 3);
  const seconds = Number(refused?.retryAfter);
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect((answered?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(seconds * 1000 - 50);
});
