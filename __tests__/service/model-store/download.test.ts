import { rm, stat } from "node:fs/promises";
import fc from "fast-check";
import { FatalError } from "../../../service/src/fatal-error.js";
import { RetriableError } from "../../../service/src/model-store/store-errors.js";
import {
  askedAgain,
  cacheFixture,
  recordedRanges,
  SMALL_PIECES,
  type CacheFixture,
} from "../../helpers/cache-fixture.js";
import { randomContent, type Fault } from "../../helpers/model-server.js";

const CONTENT = randomContent(300_000);
/** What a try may fetch again although it had arrived: what a connection had received and not yet written. */
const IN_FLIGHT_BYTES = 3 * 64 * 1024;

let fixture: CacheFixture;
beforeEach(async () => (fixture = await cacheFixture(CONTENT)));
afterEach(() => fixture.dispose());

/** Tries until it works, as the lifecycle does, with a new store each time, as a restart does. */
async function acquireWithRestarts(most: number): Promise<RetriableError[]> {
  const failures: RetriableError[] = [];
  for (let tries = 0; tries < most; tries++) {
    try {
      await fixture.acquire();
      return failures;
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      failures.push(error);
    }
  }
  throw new Error(`still failing after ${most} tries: ${failures.at(-1)?.message ?? ""}`);
}

/** Compared as bytes: Jest's own equality takes seconds for a buffer of this size. */
async function expectPublished(): Promise<void> {
  expect((await fixture.published()).equals(CONTENT)).toBe(true);
}

type Failure = Error & { readonly reason?: string; readonly retryAfterSeconds?: number };

async function failure(promise: Promise<unknown>): Promise<Failure> {
  return await promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: unknown) => error as Failure,
  );
}

/** A failure that another try may cure. */
async function retriable(promise: Promise<unknown>): Promise<Failure> {
  const error = await failure(promise);
  expect(error).toBeInstanceOf(RetriableError);
  return error;
}

it("a download is complete, verified and leaves nothing else behind", async () => {
  const result = await fixture.acquire();
  expect(result).toEqual({ path: fixture.paths.model, cacheHit: false });
  await expectPublished();
  expect(fixture.phases).toEqual(["downloading", "verifying"]);
  expect(fixture.server.bytesServed).toBe(CONTENT.length);
  expect(fixture.server.requests.length).toBe(Math.ceil(CONTENT.length / SMALL_PIECES.pieceBytes));
  for (const file of [fixture.paths.partial, fixture.paths.partialState]) {
    await expect(stat(file)).rejects.toThrow("ENOENT");
  }
});

it("connections cut at any point lose nothing that was written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 6 }), async (cuts) => {
      const own = await cacheFixture(CONTENT);
      const previous = fixture;
      fixture = own;
      try {
        own.server.fault = ({ index }) => (index < cuts.length ? { cutAfterBytes: cuts[index] ?? 0 } : undefined);
        await acquireWithRestarts(cuts.length + 1);
        await expectPublished();
        expect(own.server.bytesServed).toBeLessThanOrEqual(CONTENT.length + cuts.length * IN_FLIGHT_BYTES);
      } finally {
        fixture = previous;
        await own.dispose();
      }
    }),
    { numRuns: 25 },
  );
});

it("a try that failed continues where it stopped, with If-Range on the version it knows", async () => {
  fixture.server.fault = ({ index }) => (index === 0 ? { cutAfterBytes: 50_000 } : { status: 503 });
  await retriable(fixture.acquire());
  const before = fixture.server.requests.length;
  fixture.server.fault = () => undefined;
  await fixture.acquire();
  const resumed = fixture.server.requests[before];
  expect(resumed?.headers["if-range"]).toBe('"v1"');
  expect(resumed?.range?.first).toBeGreaterThan(0);
  await expectPublished();
});

const RETRIABLE: [name: string, fault: Fault, message: RegExp][] = [
  ["a 500", { status: 500 }, /answered 500\.$/],
  ["a 503", { status: 503 }, /answered 503\.$/],
  ["a 408", { status: 408 }, /answered 408\.$/],
  ["a stall after some bytes", { stallAfterBytes: 20_000 }, /UND_ERR_BODY_TIMEOUT/],
  ["a stall before the headers", { until: new Promise(() => undefined) }, /UND_ERR_HEADERS_TIMEOUT/],
  ["a cut", { cutAfterBytes: 10 }, /failed: (UND_ERR_SOCKET|ECONNRESET)/],
  [
    "a body that ends early",
    { withoutLength: true, endAfterBytes: 100 },
    /The connection ended after 100 of 65536 bytes\.$/,
  ],
];

it.each(RETRIABLE)("%s is worth another try", async (_name, fault, message) => {
  fixture.server.fault = ({ index }) => (index === 0 ? fault : undefined);
  expect((await retriable(fixture.acquire())).message).toMatch(message);
  await fixture.acquire();
  await expectPublished();
});

it.each([
  ["a source that does not listen", "http://127.0.0.1:9/m.gguf", /ECONNREFUSED/],
  [
    "a name that cannot be resolved",
    "http://model-hub.invalid/m.gguf",
    /^http:\/\/model-hub\.invalid\/m\.gguf failed: (ENOTFOUND|EAI_AGAIN)/,
  ],
])("%s is worth another try", async (_what, url, message) => {
  expect((await retriable(fixture.acquire(fixture.newStore({ model: { url } })))).message).toMatch(message);
});

it.each([
  ["120", 120, 120],
  [() => new Date(Date.now() + 60_000).toUTCString(), 50, 60],
  ["86400", 900, 900],
])("a 429 passes its Retry-After on (%#)", async (value, least, most) => {
  const header = typeof value === "string" ? value : value();
  fixture.server.fault = () => ({ status: 429, headers: { "retry-after": header } });
  const seconds = (await retriable(fixture.acquire())).retryAfterSeconds;
  expect(seconds).toBeGreaterThanOrEqual(least);
  expect(seconds).toBeLessThanOrEqual(most);
});

it.each([401, 403, 404, 410, 400])("a %i ends the process with a reason", async (status) => {
  fixture.server.fault = () => ({ status });
  const error = await failure(fixture.acquire());
  expect(error).toBeInstanceOf(FatalError);
  expect(error.reason).toBe("modelUnavailable");
  const token =
    status === 401 || status === 403
      ? ", and whether the token in MODEL_TOKEN_FILE (MODEL_MIRROR_TOKEN_FILE for a mirror) may read this model."
      : ".";
  expect(error.message).toBe(
    `${fixture.server.url} answered ${status}: the source refuses the model, and asking again will not change that. ` +
      `Check MODEL_URL and MODEL_BASE_URL${token}`,
  );
});

it("a source without ranges is taken whole, over one connection", async () => {
  fixture.server.fault = () => ({ ignoreRange: true });
  await fixture.acquire();
  await expectPublished();
  expect(fixture.server.requests.length).toBe(1);
});

it("a source that stops knowing ranges in the middle is taken whole from the next try on", async () => {
  fixture.server.fault = ({ index }) => ({ ignoreRange: index > 0 });
  const failures = await acquireWithRestarts(3);
  expect(failures.map(({ message }) => message)).toEqual([
    "The source answered a request for a part with the whole file.",
  ]);
  await expectPublished();
});

it("a source without a length is taken whole", async () => {
  fixture.server.fault = () => ({ ignoreRange: true, withoutLength: true });
  await fixture.acquire();
  await expectPublished();
});

it("a file that changes between two tries is not mixed with what is on disk", async () => {
  fixture.server.fault = ({ index }) => (index > 1 ? { status: 503 } : undefined);
  const old = randomContent(CONTENT.length, 2);
  fixture.server.content = old;
  await failure(fixture.acquire());
  fixture.server.content = CONTENT;
  fixture.server.etag = '"v2"';
  fixture.server.fault = () => undefined;
  await acquireWithRestarts(2);
  await expectPublished();
});

it("a file that changes under several connections starts over", async () => {
  const old = randomContent(CONTENT.length, 2);
  fixture.server.content = old;
  fixture.server.fault = ({ index }) => {
    if (index === 2) {
      fixture.server.content = CONTENT;
      fixture.server.etag = '"v2"';
    }
    return undefined;
  };
  const failures = await acquireWithRestarts(3);
  expect(failures.map(({ message }) => message)).toEqual([
    "The file at the source has changed; the download starts over.",
  ]);
  await expectPublished();
});

it("bytes without any version are resumed, because the sha256 decides", async () => {
  fixture.server.etag = null;
  fixture.server.fault = ({ index }) => (index === 0 ? { cutAfterBytes: 50_000 } : undefined);
  await acquireWithRestarts(2);
  await expectPublished();
  expect(fixture.server.bytesServed).toBeLessThan(CONTENT.length + IN_FLIGHT_BYTES);
});

describe("a source that has something else", () => {
  it("is asked once more and is fatal the second time", async () => {
    fixture.server.content = randomContent(CONTENT.length, 3);
    const store = fixture.newStore();
    expect((await retriable(fixture.acquire(store))).message).toMatch(
      /^The downloaded file has sha256 [0-9a-f]{64}, and MODEL_SHA256 says [0-9a-f]{64}\. It was deleted and is downloaded once more\.$/,
    );
    expect((await stat(fixture.paths.partial)).size).toBe(0);
    const second = await failure(fixture.acquire(store));
    expect(second.reason).toBe("checksumMismatch");
    expect(second.message).toContain("(downloaded 2 times), and MODEL_SHA256 says");
    expect(second.message).toContain("the pinned facts or the source are wrong.");
    expect(fixture.server.bytesServed).toBe(2 * CONTENT.length);
    await expect(fixture.published()).rejects.toThrow("ENOENT");
  });

  it("is not downloaded again by a restart while the source has the same version", async () => {
    fixture.server.content = randomContent(CONTENT.length, 3);
    await failure(fixture.acquire());
    expect((await failure(fixture.acquire())).reason).toBe("checksumMismatch");
    const served = fixture.server.bytesServed;
    for (let restart = 0; restart < 3; restart += 1) {
      const error = await failure(fixture.acquire());
      expect(error.reason).toBe("checksumMismatch");
      expect(error.message).toContain(`To download the same file again, remove ${fixture.paths.refused}.`);
    }
    expect(fixture.server.bytesServed - served).toBeLessThanOrEqual(3);
  });

  it("is fatal the second time even where each answer names another version", async () => {
    fixture.server.content = randomContent(CONTENT.length, 3);
    fixture.server.etag = '"host 1"';
    await retriable(fixture.acquire());
    fixture.server.etag = '"host 2"';
    expect((await failure(fixture.acquire())).reason).toBe("checksumMismatch");
  });

  it.each([
    ["the source has another version", () => (fixture.server.etag = '"v2"')],
    ["the file of the refusal is removed", () => rm(fixture.paths.refused)],
  ])("is downloaded again when %s", async (_what, change) => {
    fixture.server.content = randomContent(CONTENT.length, 3);
    await failure(fixture.acquire());
    await failure(fixture.acquire());
    fixture.server.content = CONTENT;
    await change();
    await fixture.acquire();
    await expectPublished();
    await expect(stat(fixture.paths.refused)).rejects.toThrow("ENOENT");
  });

  it("is never fatal when it is the page of a network that wants a login", async () => {
    const store = fixture.newStore();
    fixture.server.content = Buffer.from("<html>please log in</html>");
    for (const [fault, message] of [
      [{ headers: { "content-type": "text/html; charset=utf-8" } }, "answered with a web page (text/html)"],
      [{ withoutLength: true }, "The source has a file of 26 bytes"],
      [{}, "The source has a file of 26 bytes"],
    ] as const) {
      fixture.server.fault = () => ({ ignoreRange: true, ...fault });
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect((await retriable(fixture.acquire(store))).message).toContain(message);
      }
    }
    fixture.server.content = CONTENT;
    fixture.server.fault = () => undefined;
    await fixture.acquire(store);
    await expectPublished();
  });

  it("is cured by the clean download when only the first was damaged", async () => {
    fixture.server.content = randomContent(CONTENT.length, 3);
    const store = fixture.newStore();
    await failure(fixture.acquire(store));
    fixture.server.content = CONTENT;
    await fixture.acquire(store);
    await expectPublished();
  });

  it.each([
    ["longer", 300_001],
    ["shorter", 299_999],
    ["much shorter", 10],
  ])("is seen by its length when it is %s", async (_name, bytes) => {
    fixture.server.content = randomContent(bytes);
    const store = fixture.newStore();
    expect((await retriable(fixture.acquire(store))).message).toBe(
      `The source has a file of ${bytes} bytes, and MODEL_BYTES says 300000. If this stays so, correct MODEL_URL and MODEL_BYTES.`,
    );
    await retriable(fixture.acquire(store));
    expect(fixture.server.bytesServed).toBeLessThan(CONTENT.length);
  });

  it("loses nothing that is on disk when it was the page of a proxy", async () => {
    fixture.server.fault = ({ index }) => (index === 0 ? { cutAfterBytes: 60_000 } : undefined);
    const store = fixture.newStore();
    await failure(fixture.acquire(store));
    const kept = recordedRanges(fixture.model.cacheDir);
    expect(kept.size).toBeGreaterThan(0);
    const login = randomContent(2_000, 5);
    fixture.server.content = login;
    fixture.server.fault = () => ({ ignoreRange: true });
    expect((await failure(fixture.acquire(store))).message).toContain("The source has a file of 2000 bytes");
    fixture.server.content = CONTENT;
    fixture.server.fault = () => undefined;
    const before = fixture.server.requests.length;
    await fixture.acquire(store);
    expect(askedAgain(fixture.server.requests.slice(before), kept)).toEqual([]);
    await expectPublished();
  });

  it("is seen when it sends more than it should without saying so", async () => {
    fixture.server.content = randomContent(400_000);
    fixture.server.fault = () => ({ ignoreRange: true, withoutLength: true });
    const error = await failure(fixture.acquire());
    expect(error.message).toContain("The source sends more than the 300000 bytes that MODEL_BYTES says.");
  });
});
