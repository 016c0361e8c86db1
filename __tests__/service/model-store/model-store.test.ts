import { spawnSync } from "node:child_process";
import { createServer, request, type Server } from "node:http";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { type AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { type ModelStore } from "../../../service/src/model-store/model-store.js";
import { RetriableError } from "../../../service/src/model-store/store-errors.js";
import { cacheFixture, SCRATCH, type CacheFixture } from "../../helpers/cache-fixture.js";
import { type ModelServer, randomContent, startModelServer } from "../../helpers/model-server.js";

const CONTENT = randomContent(200_000);
let fixture: CacheFixture;
beforeEach(async () => (fixture = await cacheFixture(CONTENT)));
afterEach(() => fixture.dispose());

const retriable = (message: string) => ({ name: "RetriableError", message });
const acquire = (model = {}): ReturnType<ModelStore["acquire"]> => fixture.acquire(fixture.newStore({ model }));

describe("a complete model", () => {
  beforeEach(async () => {
    await acquire();
    fixture.phases.length = 0;
    fixture.server.fault = () => ({ status: 500 });
  });

  it("is used without a look at it", async () => {
    expect((await acquire()).cacheHit).toBe(true);
    expect(fixture.phases).toEqual([]);
  });

  it("is hashed when VERIFY=always", async () => {
    expect((await acquire({ verify: "always" })).cacheHit).toBe(true);
    expect(fixture.phases).toEqual(["verifying"]);
  });

  it("is hashed once when its time has changed or its marker is gone", async () => {
    await utimes(fixture.paths.model, 1, 1);
    await acquire();
    await rm(fixture.paths.marker);
    await acquire();
    await acquire();
    expect(fixture.phases).toEqual(["verifying", "verifying"]);
  });

  it.each([
    ["other bytes", randomContent(200_000, 7), ["verifying", "downloading", "verifying"]],
    ["fewer bytes", CONTENT.subarray(0, 100), ["downloading", "verifying"]],
  ])("is downloaded again when it has %s", async (_what, damaged, phases) => {
    await writeFile(fixture.paths.model, damaged);
    await utimes(fixture.paths.model, 1, 1);
    fixture.server.fault = () => undefined;
    expect((await acquire()).cacheHit).toBe(false);
    expect((await fixture.published()).equals(CONTENT)).toBe(true);
    expect(fixture.phases).toEqual(phases);
    expect(fixture.warnings).toHaveLength(1);
  });

  it("that was damaged without a trace is what VERIFY=always is for", async () => {
    const { mtime, atime } = await stat(fixture.paths.model);
    await writeFile(fixture.paths.model, randomContent(200_000, 7));
    await utimes(fixture.paths.model, atime, mtime);
    fixture.server.fault = () => undefined;
    expect((await acquire({ verify: "always" })).cacheHit).toBe(false);
    expect((await fixture.published()).equals(CONTENT)).toBe(true);
  });
});

describe("what another model left", () => {
  const LEFT = ["old-0123456789abcdef.gguf", "old-0123456789abcdef.gguf.verified", "old-fedcba9876543210.gguf.partial"];
  const FOREIGN = ["notes.txt", "my-own.gguf"];
  beforeEach(() =>
    Promise.all([...LEFT, ...FOREIGN].map((name) => writeFile(join(fixture.paths.directory, name), "x"))),
  );

  it("is reported and kept", async () => {
    await acquire();
    expect(fixture.warnings).toEqual([{ leftovers: LEFT.map((name) => ({ name, bytes: 4096 })) }]);
    expect(await readdir(fixture.paths.directory)).toEqual(expect.arrayContaining([...LEFT, ...FOREIGN]));
  });

  it("is removed with CACHE_PRUNE, and nothing that is not the store's", async () => {
    await acquire({ prune: true });
    expect((await readdir(fixture.paths.directory)).sort()).toEqual(
      [".lock", ...FOREIGN, basename(fixture.paths.marker), basename(fixture.paths.model)].sort(),
    );
  });

  it("stays while the new model is not there", async () => {
    fixture.server.fault = () => ({ status: 500 });
    await expect(acquire({ prune: true })).rejects.toThrow(RetriableError);
    expect(await readdir(fixture.paths.directory)).toEqual(expect.arrayContaining(LEFT));
  });
});

describe("the token", () => {
  let tokenFile: string;
  beforeEach(async () => {
    tokenFile = join(fixture.paths.directory, "token");
    await writeFile(tokenFile, "secret-token\n");
  });

  describe("and a redirect", () => {
    let second: ModelServer;
    beforeEach(async () => {
      second = await startModelServer(CONTENT);
      fixture.server.fault = () => ({ redirectTo: `${second.url}?signature=private` });
    });
    afterEach(() => second.close());

    it("goes to the first host and not to where that redirects", async () => {
      await acquire({ tokenFile });
      expect((await fixture.published()).equals(CONTENT)).toBe(true);
      for (const { headers } of fixture.server.requests) expect(headers.authorization).toBe("Bearer secret-token");
      expect(second.requests.length).toBeGreaterThan(0);
      for (const { headers } of second.requests) expect(headers.authorization).toBeUndefined();
    });

    it("and signed addresses appear in no message; an expired link is asked for again", async () => {
      second.fault = ({ index }) => (index === 0 ? { status: 403 } : undefined);
      await expect(acquire({ tokenFile })).rejects.toMatchObject(retriable(`${second.url} answered 403.`));
      await acquire({ tokenFile });
    });
  });

  it.each([
    ["missing", undefined, "cannot be read (ENOENT): it must hold the token of the model's source."],
    ["empty", " \n", "does not hold a token: one line of printable characters without spaces is needed."],
    ["two lines", "a\nb", "does not hold a token: one line of printable characters without spaces is needed."],
  ])("that is %s ends the process", async (_what, text, message) => {
    if (text === undefined) await rm(tokenFile);
    else await writeFile(tokenFile, text);
    await expect(acquire({ tokenFile })).rejects.toMatchObject({
      reason: "invalidSettings",
      message: expect.stringContaining(
        `MODEL_TOKEN_FILE (MODEL_MIRROR_TOKEN_FILE for a mirror) names ${tokenFile}, which ${message}`,
      ) as string,
    });
  });
});

it("a redirect without an end is given up", async () => {
  fixture.server.fault = () => ({ redirectTo: fixture.server.url });
  await expect(acquire()).rejects.toThrow(`${fixture.server.url} redirects more than 5 times.`);
});

describe("a proxy", () => {
  let proxy: Server;
  const seen: string[] = [];
  beforeEach(async () => {
    seen.length = 0;
    proxy = createServer((incoming, outgoing) => {
      seen.push(incoming.url ?? "");
      const onward = request(incoming.url ?? "", { headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.end();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const proxies = (noProxy?: string) => ({
    httpProxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    httpsProxy: undefined,
    noProxy,
  });

  it("is used", async () => {
    await fixture.acquire(fixture.newStore({ proxies: proxies() }));
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([fixture.server.url]));
    expect((await fixture.published()).equals(CONTENT)).toBe(true);
  });

  it("is passed by for what NO_PROXY names", async () => {
    await fixture.acquire(fixture.newStore({ proxies: proxies("127.0.0.1") }));
    expect(seen).toEqual([]);
  });
});

describe("a disk that fills up", () => {
  let mount: string;
  let mounted = false;
  let small: CacheFixture;
  beforeEach(async () => {
    mount = await mkdtemp(join(SCRATCH, "carepath-mount-"));
    mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", mount]).status === 0;
    if (!mounted) process.stderr.write("SKIPPED: disk-full tests, because this user may not mount a tmpfs.\n");
    small = await cacheFixture(randomContent(6_000_000), mount);
  });
  afterEach(async () => {
    await small.dispose();
    if (mounted) spawnSync("umount", [mount]);
    await rm(mount, { recursive: true, force: true });
  });

  it("is told with its numbers before the first byte, and cured by CACHE_PRUNE", async () => {
    if (!mounted) return;
    const old = join(small.paths.directory, "old-0123456789abcdef.gguf");
    await writeFile(old, Buffer.alloc(6 * 1024 * 1024));
    await expect(small.acquire()).rejects.toMatchObject(
      retriable(
        `Disk full: the download needs another 10 MiB in ${small.paths.directory}, and 6 MiB are available. ` +
          `Free 4 MiB there; CACHE_PRUNE=true removes models that are no longer named.`,
      ),
    );
    expect(small.server.requests).toEqual([]);
    await small.acquire(small.newStore({ model: { prune: true } }));
    await expect(stat(old)).rejects.toThrow("ENOENT");
  });

  it("in the middle keeps what has arrived and goes on when there is room", async () => {
    if (!mounted) return;
    const filler = join(mount, "filler");
    let filled: Promise<void> | undefined;
    const onProgress = (done: number): void => {
      if (done > 1_000_000) filled ??= writeFile(filler, Buffer.alloc(12 * 1024 * 1024)).catch(() => undefined);
    };
    small.server.fault = () => ({ bytesPerSecond: 8_000_000 });
    await expect(small.acquire(small.newStore(), { onProgress })).rejects.toMatchObject(
      retriable("Disk full while writing the download (ENOSPC). What is on disk is kept; free some space."),
    );
    await filled;
    await expect(small.acquire()).rejects.toThrow(/^Disk full: the download needs another \d+ MiB/);
    await rm(filler);
    await small.acquire();
    expect(small.server.bytesServed).toBeLessThan(6_000_000 + 1_500_000);
  });

  it("and could never hold the model ends the process", async () => {
    if (!mounted) return;
    await expect(small.acquire(small.newStore({ model: { bytes: 12 * 1024 * 1024 } }))).rejects.toMatchObject({
      reason: "cacheTooSmall",
      message:
        `The volume of MODEL_CACHE_DIR (${small.paths.directory}) holds 12 MiB when empty, and the model needs 16 MiB. ` +
        `Use a larger volume or a smaller model.`,
    });
  });
});
