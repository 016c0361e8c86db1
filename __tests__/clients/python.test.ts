/** The official Python client, as PyPI has it. Needs python3 with venv and pip, and says so loudly where they are missing. */
import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Engine } from "../../service/src/engine/engine.js";
import { apiKeysOf, closeHttpServices, httpService } from "../helpers/http-service";
import { tinyEngine } from "../helpers/tiny-engine";

jest.setTimeout(300_000);

const FOLDER = join("__tests__", "clients");
const REQUIREMENTS = join(FOLDER, "requirements.txt");
const KEY = "k".repeat(32);

const python = installed();
let engine: Engine | undefined;
beforeAll(async () => {
  engine = await tinyEngine({ template: "tools", contextSize: 4096, slots: 1 });
});
afterAll(async () => {
  await closeHttpServices();
  await engine?.dispose();
});

(python === undefined ? it.skip : it)("the official Python client gets all that it asks for", async () => {
  if (!engine || python === undefined) throw new Error("the engine was not loaded");
  const service = await httpService({
    engine,
    apiKeys: apiKeysOf(KEY),
    settings: { modelAliases: ["org/alias:free"], maxTokens: 3600, maxQueue: 0 },
  });
  const script = join(FOLDER, "official_client.py");
  const { stdout } = await promisify(execFile)(python, [script, await service.listen(), KEY]);
  expect(stdout.trim().split("\n")).toHaveLength(7);
});

/** A Python with the requirements, made once a machine; undefined where that is not possible. */
function installed(): string | undefined {
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `carepath-python-clients-${hash}`);
  const program = join(folder, "bin", "python");
  const done = join(folder, "done");
  try {
    if (!existsSync(done)) {
      execFileSync("python3", ["-m", "venv", folder], { stdio: "pipe" });
      execFileSync(program, ["-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], { stdio: "pipe" });
      writeFileSync(done, "");
    }
    return program;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    console.warn(
      `SKIPPED: the official Python client. Install python3 with venv and pip, and let it reach PyPI (${reason}).`,
    );
    return undefined;
  }
}
