import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";

import { demo } from "../../../config/environments/demo";
import { parseConfig } from "../../../config/parse-config";
import { modelBlock, unpinnedWarning } from "../../../commands/describe-model/model-block";
import { runCommand } from "../../helpers/run-command";

const folder = mkdtempSync(join(tmpdir(), "describe-model-"));
const model = join(folder, "tiny.gguf");
spawnSync(process.execPath, ["--import", "tsx", "service/tools/make-model.ts", "--shape", "tiny", "--out", model]);
const content = readFileSync(model);
const sha256 = createHash("sha256").update(content).digest("hex");

afterAll(() => rmSync(folder, { recursive: true }));

/** What TypeScript reads in the block. */
function blockOf(text: string): unknown {
  return (runInNewContext(`({ ${text} })`) as { model: unknown }).model;
}

it("prints a block that the schema accepts, with the facts of the file", async () => {
  const { code, stdout } = await runCommand(
    "describe-model",
    [model, "--url", "https://hub.example/m.gguf"],
    process.env,
  );
  const block = blockOf(stdout);
  expect(block).toMatchObject({ source: "custom", url: "https://hub.example/m.gguf", bytes: content.length, sha256 });
  expect(parseConfig({ ...demo, chat: { ...demo.chat, model: block } }).problems).toEqual([]);
  expect(code).toBe(0);
});

it("downloads an address and does not keep the file", async () => {
  const server = createServer((_, response) => response.end(content)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny.gguf`;
  const { code, stdout } = await runCommand("describe-model", [url], process.env);
  server.close();
  expect(blockOf(stdout)).toMatchObject({ url, bytes: content.length, sha256 });
  expect(code).toBe(0);
});

it("refuses a file that is no model", async () => {
  writeFileSync(join(folder, "x.gguf"), "nothing");
  const { code, stdout, stderr } = await runCommand("describe-model", [join(folder, "x.gguf")], process.env);
  expect([stdout, code]).toEqual(["", 65]);
  expect(stderr).toContain("is not a GGUF file that can be loaded");
});

describe("the block", () => {
  const header = {
    fileBytes: 98_362_432,
    version: 3,
    tensorCount: 272,
    architecture: "llama",
    name: "SmolLM2 135M Instruct",
    licence: "apache-2.0",
    contextLength: 8192,
    layers: 30,
    keyValueHeads: 3,
    keyLength: 64,
    valueLength: 64,
    chatTemplate: undefined,
  };
  const file = { header, fileName: "SmolLM2-135M Instruct.gguf", sha256, url: "https://hub.example/smol.gguf" };

  it("is written as a person would write it", () => {
    expect(modelBlock(file)).toBe(
      `model: {
  source: "custom",
  id: "smollm2-135m-instruct",
  url: "https://hub.example/smol.gguf",
  bytes: 98_362_432,
  sha256: "${sha256}",
  licence: "apache-2.0",
  shape: { layers: 30, keyValueHeads: 3, headSize: 64 },
},`,
    );
  });

  it("says what the file does not know, and marks a licence that forbids commercial use", () => {
    const silent = modelBlock({ ...file, url: undefined, header: { ...header, licence: undefined } });
    expect(silent).toContain('licence: "unknown", // the file does not say');
    expect(silent).toContain("// write where the cluster downloads it from");
    for (const licence of ["cc-by-nc-4.0", "qwen-research"]) {
      expect(modelBlock({ ...file, header: { ...header, licence } })).toContain("nonCommercial: true,");
    }
    expect(modelBlock(file)).not.toContain("nonCommercial");
  });

  it("comes with a warning where the address can move", () => {
    expect(unpinnedWarning("https://huggingface.co/o/m/resolve/main/m.gguf")).toContain('names the branch "main"');
    expect(unpinnedWarning(`https://huggingface.co/o/m/resolve/${"a".repeat(40)}/m.gguf`)).toBeUndefined();
    expect(unpinnedWarning("https://models.example.com/m.gguf")).toBeUndefined();
  });
});
