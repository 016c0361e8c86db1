/** Every file of examples/ passes as it is, and does what it shows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { assessEnvironment } from "../../config/assessment";
import { parseConfig } from "../../config/parse-config";
import { type AppConfig, type AppConfigInput } from "../../config/schema";
import { example as customModel } from "../../examples/custom-model";
import { CATALOGUE_IDS, catalogueModel } from "../../planning/catalogue/models";
import { ENV } from "../../service/src/contract";
import { synthConfig, type SynthesizedApp } from "../helpers/synth-app";
import { type SynthesizedStack } from "../helpers/synth-stack";

const FOLDER = join(__dirname, "../../examples");
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""));

async function synthesized(name: string): Promise<SynthesizedApp> {
  const { example } = (await import(join(FOLDER, name))) as { example: AppConfigInput };
  expect(example.environment).toBe(name);
  const { config, problems } = parseConfig(example);
  expect(problems).toEqual([]);
  const { plan, problems: broken } = assessEnvironment(config as AppConfig);
  expect(broken).toEqual([]);
  return synthConfig({ config: config as AppConfig, plan });
}

const SHOWS: Readonly<Record<string, (chat: SynthesizedStack, all: SynthesizedApp) => void>> = {
  https: (chat) => {
    expect(chat.text).toContain('"host": "chat.example.com"');
    expect(chat.one("kubernetes_stateful_set_v1")).toMatchObject({ spec: { replicas: "2" } });
  },
  "custom-model": (chat) => {
    const { url, sha256 } = customModel.chat.model as { url: string; sha256: string };
    expect(chat.chat().env).toMatchObject({ [ENV.modelUrl]: url, [ENV.modelSha256]: sha256 });
    // A model of the catalogue belongs under its own id, with what is known of its judgement.
    expect(CATALOGUE_IDS.map((id) => catalogueModel(id)?.sha256)).not.toContain(sha256);
    expect(chat.chat().env).not.toHaveProperty(ENV.triage);
  },
  "existing-network": (_, all) => {
    const cluster = all.stack("carepath-existing-network-cluster");
    expect(cluster.text).toContain('"subnet-0123456789abcdef0"');
    expect(cluster.resources("aws_vpc")).toEqual([]);
  },
  "local-cluster": (chat) => {
    expect(chat.chat().env[ENV.triage]).toBe("false");
    expect(chat.text).toContain('"storage_class_name": "local-path"');
  },
};

it.each(NAMES)("%s synthesizes, and does what it shows", async (name) => {
  const shows = SHOWS[name];
  if (shows === undefined) throw new Error(`examples/${name}.ts is not tested here. Say what it shows.`);
  const all = await synthesized(name);
  shows(all.stack(`carepath-${name}-chat`), all);
});
