import { jest } from "@jest/globals";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { EXIT_CODES, type ReadyReport } from "../../service/src/contract.js";
import { askedAgain, recordedRanges, SCRATCH } from "../helpers/cache-fixture.js";
import { postJson } from "../helpers/chat-client.js";
import { gate } from "../helpers/fake-engine.js";
import { factsOf, randomContent, startModelServer, type ModelServer } from "../helpers/model-server.js";
import { buildService, type BuiltService, type ServiceProcess } from "../helpers/service-process.js";

jest.setTimeout(120_000);

/** The real service with an engine whose loading, warm-up and answer end when the test creates a file. */
const FAKE_ENGINE_PROGRAM = `
import { pbkdf2 } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { startServer } from "./dist/server.js";
const passes = async (gate, signal) => {
  while (!existsSync(process.env.GATES + "/" + gate)) { signal.throwIfAborted(); await pause(10); }
};
await startServer(process.env, async (options, { signal, onWarmUp }) => {
  // As llama.cpp does while it loads and computes: minutes of a thread of libuv's pool.
  if (process.env.TAKES_THE_POOL) pbkdf2("", "", 1e9, 64, "sha512", () => console.log('{"msg":"the pool is free"}'));
  await passes("load", signal);
  onWarmUp();
  await passes("warm", signal);
  return {
    model: { id: options.modelId, contextSize: 64, trainedContextSize: 64, fileBytes: 1, architecture: "fake", threads: 1,
      promptTokensPerSecond: null, generatedTokensPerSecond: null },
    slots: options.slots,
    prepare: async () => undefined,
    status: () => ({ threads: { reading: 1, generating: 1 }, states: undefined }),
    generate: async (request, events) => {
      events.onPrompt?.({ promptTokens: 1, cachedTokens: 0 });
      await passes("answer", events.signal);
      return { content: "hello", finishReason: "stop", promptTokens: 1, cachedTokens: 0, completionTokens: 1,
        prefillSeconds: 0, decodeSeconds: 0 };
    },
    dispose: async () => console.log(JSON.stringify({ msg: "engine disposed" })),
  };
});
`;

const CONTENT = randomContent(3_000_000);
const FACTS = factsOf(CONTENT);

let built: BuiltService;
let fakeEngine: string;
let server: ModelServer;
let cache: string;
let gates: string;
beforeAll(() => {
  built = buildService();
  fakeEngine = built.addProgram("fake-engine.js", FAKE_ENGINE_PROGRAM);
});
afterAll(() => built.dispose());
beforeEach(async () => {
  server = await startModelServer(CONTENT);
  cache = mkdtempSync(join(SCRATCH, "carepath-process-"));
  gates = mkdtempSync(join(SCRATCH, "carepath-gates-"));
});
afterEach(async () => {
  await server.close();
  for (const folder of [cache, gates]) rmSync(folder, { recursive: true, force: true });
});

const open = (gate: string): void => writeFileSync(join(gates, gate), "");

function start(overrides: Readonly<Record<string, string>> = {}, program = fakeEngine): ServiceProcess {
  return built.start(
    {
      MODEL_ID: "test",
      MODEL_URL: server.url,
      MODEL_BYTES: String(FACTS.bytes),
      MODEL_SHA256: FACTS.sha256,
      MODEL_CACHE_DIR: cache,
      TERMINATION_LOG: join(gates, "termination"),
      GATES: gates,
      DRAIN_SECONDS: "30",
      ...overrides,
    },
    program,
  );
}

/** The report on `/ready` once it says what the service waits for. */
const saysWhy = (service: ServiceProcess): Promise<ReadyReport> =>
  service.until("a reason to wait", async () => {
    const { report } = await service.ready();
    return report.error === null ? undefined : report;
  });

const published = (): Buffer => {
  const name = readdirSync(cache).find((file) => file.endsWith(".gguf"));
  return readFileSync(join(cache, name ?? "no model"));
};

describe("the way to ready", () => {
  it("listens first, answers /health in every phase, and tells each one on /ready", async () => {
    const held = gate();
    server.fault = () => ({ until: held.promise });
    const service = start();
    const origin = await service.origin();
    const seen: unknown[] = [];
    for (const [phase, next] of [
      ["downloading", held.open],
      ["loading", () => open("load")],
      ["warming_up", () => open("warm")],
    ] as const) {
      await service.reaches(phase);
      const { status, report } = await service.ready();
      seen.push([status, report.status, report.phase]);
      expect((await fetch(`${origin}/health`)).status).toBe(200);
      next();
    }
    await service.reaches("ready");
    const { status, report } = await service.ready();
    expect(seen).toEqual([
      [503, "loading", "downloading"],
      [503, "loading", "loading"],
      [503, "loading", "warming_up"],
    ]);
    expect(status).toBe(200);
    expect(report).toMatchObject({ status: "ready", phase: "ready", progress: 1, attempt: 1, error: null });
    expect(report).toMatchObject({ downloaded_bytes: FACTS.bytes, total_bytes: FACTS.bytes });
    expect(Object.keys(report.phase_seconds ?? {})).toEqual(
      expect.arrayContaining(["starting", "locking", "downloading", "verifying", "loading", "warming_up", "ready"]),
    );
  });

  it("while the model has the only thread of the pool, every path is answered, and keys are read again", async () => {
    const keys = join(gates, "keys");
    writeFileSync(keys, "old-key\n");
    const service = start({ API_KEYS_FILE: keys, TAKES_THE_POOL: "yes" });
    await service.reaches("loading");
    const origin = await service.origin();
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${origin}${path}`, { ...init, signal: AbortSignal.timeout(20_000) })).status;
    const models = (key: string): Promise<number> =>
      status("/v1/models", { headers: { authorization: `Bearer ${key}` } });
    writeFileSync(keys, "new-key\n");
    await service.until("the new key is known", async () => ((await models("new-key")) === 503 ? true : undefined));
    expect(await models("old-key")).toBe(401);
    for (const path of ["/health", "/metrics", "/", "/openapi.json"])
      expect([path, await status(path)]).toEqual([path, 200]);
    expect(await status("/ready")).toBe(503);
    expect(service.output).not.toContain("the pool is free");
    await service.kill();
  });

  it("a source that fails is retried and shown, and the service recovers by itself", async () => {
    server.fault = () => ({ status: 503 });
    const service = start();
    const shown = await service.until("a second try", async () => {
      const { report } = await service.ready();
      return report.attempt >= 2 ? report : undefined;
    });
    expect(shown).toMatchObject({ status: "loading", phase: "downloading", error: `${server.url} answered 503.` });
    server.fault = () => undefined;
    await service.reaches("loading");
    expect((await service.ready()).report).toMatchObject({ attempt: 1, error: null });
  });

  it("a complete cache needs no network and no second look at two gigabytes", async () => {
    open("load");
    open("warm");
    await start().reaches("ready");
    const requests = server.requests.length;
    const second = start({ MODEL_URL: "http://127.0.0.1:9/models/test-model.gguf" });
    await second.reaches("ready");
    expect(second.lines.map(({ phase }) => phase)).not.toContain("verifying");
    expect(server.requests.length).toBe(requests);
  });

  it("two processes at once: one downloads, the other waits and says for whom", async () => {
    const held = gate();
    server.fault = () => ({ until: held.promise });
    const first = start();
    await first.reaches("downloading");
    const second = start();
    const waiting = await saysWhy(second);
    expect(waiting.phase).toBe("locking");
    expect(waiting.error).toMatch(/^The cache lock is held by \{"host":".+","pid":\d+,"since":".+"\}\.$/);
    held.open();
    await Promise.all([first.reaches("loading"), second.reaches("loading")]);
    expect(server.bytesServed).toBe(FACTS.bytes);
    expect((await second.ready()).report.error).toBeNull();
  });

  it("a lock whose owner was killed is free at once", async () => {
    server.fault = ({ index }) => (index === 0 ? { until: new Promise(() => undefined) } : undefined);
    const first = start();
    await first.reaches("downloading");
    const second = start();
    await saysWhy(second);
    await first.kill();
    await second.reaches("loading");
    expect(published().equals(CONTENT)).toBe(true);
  });
});

describe("SIGTERM", () => {
  async function stops(service: ServiceProcess): Promise<void> {
    service.signal("SIGTERM");
    expect(await service.exit).toBe(EXIT_CODES.ok);
    expect(service.output).toContain('"msg":"stopped"');
  }

  it("before the service listens", async () => {
    const program = built.addProgram(
      "early-signal.js",
      `import { startServer } from "./dist/server.js"; void startServer(process.env); process.kill(process.pid, "SIGTERM");`,
    );
    const service = start({}, program);
    expect(await service.exit).toBe(EXIT_CODES.ok);
    expect(service.lines.map(({ msg }) => msg)).not.toContain("listening");
    expect(server.requests).toHaveLength(0);
  });

  it("while waiting for the lock", async () => {
    const holder = openSync(join(cache, ".lock"), "a");
    await once(spawn("flock", ["3"], { stdio: ["ignore", "ignore", "ignore", holder] }), "close");
    const service = start();
    await saysWhy(service);
    await stops(service);
    closeSync(holder);
  });

  it("while downloading keeps everything that has arrived, and none of it is asked for again", async () => {
    server.fault = () => ({ bytesPerSecond: 300_000 });
    const service = start();
    const shown = await service.until("some bytes", async () => {
      const { downloaded_bytes = 0 } = (await service.ready()).report;
      return downloaded_bytes > 300_000 ? downloaded_bytes : undefined;
    });
    await stops(service);
    const kept = recordedRanges(cache);
    expect(kept.size).toBeGreaterThanOrEqual(shown);
    const before = server.requests.length;
    server.fault = () => undefined;
    await start().reaches("loading");
    expect(askedAgain(server.requests.slice(before), kept)).toEqual([]);
    expect(published().equals(CONTENT)).toBe(true);
  });

  it("while it waits for the next try", async () => {
    server.fault = () => ({ status: 429, headers: { "retry-after": "600" } });
    const service = start();
    await saysWhy(service);
    await stops(service);
  });

  it("while verifying", async () => {
    const bytes = 20 * 1024 ** 3;
    writeFileSync(join(cache, `test-model-${FACTS.sha256.slice(0, 16)}.gguf`), "");
    truncateSync(join(cache, `test-model-${FACTS.sha256.slice(0, 16)}.gguf`), bytes);
    const service = start({ MODEL_BYTES: String(bytes) });
    await service.reaches("verifying");
    await stops(service);
  });

  it("while loading and while warming up", async () => {
    const loading = start();
    await loading.reaches("loading");
    await stops(loading);
    open("load");
    const warming = start();
    await warming.reaches("warming_up");
    await stops(warming);
  });

  it("when ready disposes of the engine", async () => {
    open("load");
    open("warm");
    const service = start();
    await service.reaches("ready");
    await stops(service);
    expect(service.output).toContain("engine disposed");
  });

  async function busyService(
    overrides: Readonly<Record<string, string>> = {},
  ): Promise<[ServiceProcess, Promise<Response>]> {
    open("load");
    open("warm");
    const service = start(overrides);
    await service.reaches("ready");
    const origin = await service.origin();
    const answer = ask(origin);
    await service.until("a busy slot", async () =>
      (await (await fetch(`${origin}/metrics`)).text()).includes("carepath_slots_busy 1") ? true : undefined,
    );
    return [service, answer];
  }
  const ask = (origin: string): Promise<Response> =>
    postJson(`${origin}/v1/chat/completions`, { model: "test", messages: [{ role: "user", content: "hi" }] });

  it("lets a running answer finish, says no to new ones, and then ends", async () => {
    const [service, answer] = await busyService();
    service.signal("SIGTERM");
    await service.reaches("draining");
    const { status, report } = await service.ready();
    expect([status, report.status, report.phase]).toEqual([503, "draining", "draining"]);
    const refused = await ask(await service.origin());
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await fetch(`${await service.origin()}/health`)).status).toBe(200);
    open("answer");
    expect((await answer).status).toBe(200);
    expect(await service.exit).toBe(EXIT_CODES.ok);
    expect(service.output).toContain("engine disposed");
  });

  it.each([
    ["the drain time ends", "1", 1],
    ["it is sent twice", "600", 2],
  ])("ends a running answer with a reason when %s", async (_name, drainSeconds, signals) => {
    const [service, answer] = await busyService({ DRAIN_SECONDS: drainSeconds });
    service.signal("SIGTERM");
    if (signals === 2) {
      await service.reaches("draining");
      service.signal("SIGTERM");
    }
    expect((await answer).status).toBe(503);
    expect(await service.exit).toBe(EXIT_CODES.ok);
  });
});

describe("a fatal failure", () => {
  async function fails(service: ServiceProcess, reason: keyof typeof EXIT_CODES, message: RegExp): Promise<void> {
    expect(await service.exit).toBe(EXIT_CODES[reason]);
    const told = readFileSync(join(gates, "termination"), "utf8");
    expect(told).toMatch(message);
    expect(told.trim().split("\n")).toHaveLength(1);
    expect(service.lines.filter(({ level }) => level === "fatal")).toHaveLength(1);
    expect(service.lines.at(-1)).toMatchObject({ level: "fatal", exit_code: EXIT_CODES[reason], msg: told.trim() });
  }

  it("of the settings lists every problem", async () => {
    await fails(
      start({ PORT: "70000", MODEL_SHA256: "abc", CONTEXT_SIZE: "many" }),
      "invalidSettings",
      /^The settings have 3 problems: PORT \(70000\).+; MODEL_SHA256 \(abc\).+; CONTEXT_SIZE \(many\)/,
    );
  });

  it("of more threads than cores, before anything is fetched", async () => {
    await fails(
      start({ THREADS: "1024" }),
      "invalidSettings",
      /^THREADS \(1024\) must be at most \d+: this process may use [\d.]+ cores \(affinity \d+, quota .+\)/,
    );
    expect(server.requests).toHaveLength(0);
  });

  it("of the source", async () => {
    server.fault = () => ({ status: 404 });
    await fails(start(), "modelUnavailable", /answered 404: the source refuses the model/);
  });

  it("of the content, after one clean download more", async () => {
    server.content = randomContent(CONTENT.length, 9);
    await fails(
      start(),
      "checksumMismatch",
      /^The file at the source has sha256 .+ \(downloaded 2 times\), .+ the pinned facts or the source are wrong/,
    );
    expect(server.bytesServed).toBe(2 * FACTS.bytes);
  });

  it("of the volume's size", async () => {
    const needed = 2 ** 44;
    await fails(
      start({ MODEL_BYTES: String(needed) }),
      "cacheTooSmall",
      /holds \d+ MiB when empty, and the model needs 16777220 MiB/,
    );
  });

  it("of a cache that is a file", async () => {
    writeFileSync(join(gates, "file"), "");
    await fails(
      start({ MODEL_CACHE_DIR: join(gates, "file", "cache") }),
      "cacheUnwritable",
      /^The model cache cannot be written/,
    );
  });

  it("of a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    await fails(
      start({ PORT: port }),
      "cannotListen",
      /^PORT \(\d+\) on HOST \(127\.0\.0\.1\) cannot be opened \(EADDRINUSE\)/,
    );
    other.close();
  });

  it("of a local path that is not there", async () => {
    await fails(
      start({ MODEL_PATH: "/nowhere/model.gguf" }),
      "modelUnavailable",
      /^MODEL_PATH \(\/nowhere\/model\.gguf\) cannot be read \(ENOENT\)/,
    );
  });

  it("of a file that is no GGUF, told by the real engine before llama.cpp sees it", async () => {
    writeFileSync(join(gates, "random.gguf"), randomContent(100_000));
    await fails(start({ MODEL_PATH: join(gates, "random.gguf") }, built.main), "unsupportedModel", /random\.gguf/);
  });

  it("that was not expected", async () => {
    const program = built.addProgram(
      "bug.js",
      `import { startServer } from "./dist/server.js"; await startServer(process.env, async () => { throw new TypeError("a\\nbug"); });`,
    );
    await fails(
      start({}, program),
      "internal",
      /^A bug ended the service \(TypeError\): nothing in it should throw this\./,
    );
  });
});
