import { readFileSync } from "node:fs";
import { DEFAULTS, ENV, EXIT_CODES, IMAGE_ENVIRONMENT, PATHS, SERVICE_PORT } from "../../service/src/contract.js";
import { registerEngine } from "../../service/src/engine-metrics.js";
import { createMetrics, registerLifecycle } from "../../service/src/metrics.js";
import { BOUNDS } from "../../service/src/http/routes/triage-answer.js";
import { chatSchema } from "../../service/src/http/routes/chat-schema.js";
import { SAMPLING } from "../../service/src/http/routes/chat-request.js";
import { readSettings } from "../../service/src/settings.js";
import { FakeLifecycle } from "../helpers/http-service";

const page = readFileSync("docs/service.md", "utf8");

/** Cells of the table below a heading, without the code marks. */
function table(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `") || /^\| \d/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
const plain = (cell = ""): string => cell.replaceAll("`", "");

const ENOUGH = { HOST: "127.0.0.1", MODEL_PATH: "/model.gguf" };
const PINNED = { MODEL_ID: "m", MODEL_URL: "https://hub.example/m.gguf", MODEL_SHA256: "a".repeat(64) };

it("every setting of the contract stands there once", () => {
  expect(
    table("Settings")
      .map(([name]) => plain(name))
      .sort(),
  ).toEqual(Object.values(ENV).sort());
});

it("every default that the contract has stands there", () => {
  const written = Object.fromEntries(
    table("Settings").map(([name, value]) => [plain(name), plain(value).split(/[ ,]/)[0]]),
  );
  expect(written[ENV.port]).toBe(String(SERVICE_PORT));
  for (const [key, value] of Object.entries(DEFAULTS)) {
    expect([key, written[ENV[key as keyof typeof DEFAULTS]]]).toEqual([key, String(value)]);
  }
});

it("the numbers of every rule are those that the settings obey", () => {
  const rules = table("Settings").flatMap(([name, , rule]) => {
    const [, least, most] = /^(\d+) to (\d+)/.exec(plain(rule)) ?? [];
    return least === undefined ? [] : [{ name: plain(name), least: Number(least), most: Number(most) }];
  });
  expect(rules.length).toBeGreaterThan(10);
  for (const { name, least, most } of rules) {
    const model = name === ENV.modelBytes ? { ...PINNED, MODEL_PATH: "" } : {};
    const take = (value: number) =>
      readSettings({
        ...ENOUGH,
        ...model,
        // MAX_TOKENS must be smaller than the context, which has the same most.
        ...(name === ENV.maxTokens && { CONTEXT_SIZE: "1048576" }),
        [name]: String(value),
      });
    expect(() => take(least)).not.toThrow();
    expect(() => take(name === ENV.maxTokens ? most - 1 : most)).not.toThrow();
    expect(() => take(most + 1)).toThrow(name);
    expect(() => take(least - 1)).toThrow(name);
  }
});

it("exit codes are those of the contract", () => {
  expect(table("Exit codes").map(([code, name]) => [plain(name), Number(code)])).toEqual(Object.entries(EXIT_CODES));
});

it("metrics are those of the registry, with their kinds", async () => {
  const metrics = createMetrics({ processMetrics: false, readThrottling: () => undefined });
  registerLifecycle(metrics, new FakeLifecycle(undefined));
  registerEngine(metrics, new FakeLifecycle(undefined));
  const registered = (await metrics.registry.getMetricsAsJSON()).map(({ name, type }) => `${name} ${String(type)}`);
  expect(
    table("Metrics")
      .map(([name, kind]) => `${plain(name)} ${plain(kind)}`)
      .sort(),
  ).toEqual(registered.sort());
});

it("endpoints are those of the contract", () => {
  const named = table("Endpoints").flatMap(([cell]) => /^`(?:GET|POST) (\S+)`$/.exec(cell ?? "")?.[1] ?? []);
  expect(named.sort()).toEqual(Object.values(PATHS).sort());
});

it("the fields of a chat request stand there once, each with what becomes of it", () => {
  const section = page.split("\n### `POST /v1/chat/completions`\n")[1]?.split("\n### ")[0] ?? "";
  const named = section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => (line.split("|")[1] ?? "").match(/[a-z_]+/g) ?? []);
  expect(named.sort()).toEqual(Object.keys(chatSchema.shape).sort());
});

it("the bounds of triage and the sampling defaults are those of the code", () => {
  const text = page.replace(/\s+/g, " ");
  const { summaryLength, redFlags, redFlagLength, advice, adviceLength } = BOUNDS;
  expect(text).toContain(
    `at most ${summaryLength} characters, up to ${redFlags} red flags of ${redFlagLength}, 1 to ${advice} pieces of advice of ${adviceLength}`,
  );
  const { temperature, topP, topK } = SAMPLING;
  expect(text).toContain(`temperature ${temperature}, \`top_p\` ${topP} and \`top_k\` ${topK}`);
});

it("the image starts the process with the thread pool and the heaps of the contract", () => {
  const dockerfile = readFileSync("service/Dockerfile", "utf8");
  expect(/\bUV_THREADPOOL_SIZE=(\d+)/.exec(dockerfile)?.[1]).toBe(String(DEFAULTS.threadPoolSize));
  for (const [name, value] of Object.entries(IMAGE_ENVIRONMENT))
    expect(dockerfile).toMatch(new RegExp(` ${name}=${value}( \\\\)?\n`));
});
