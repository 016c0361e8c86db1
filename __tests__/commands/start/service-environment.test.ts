import { catalogueModel } from "../../../planning/catalogue/models";
import { serviceEnvironment, UnknownModelError } from "../../../commands/start/service-environment";
import { readSettings } from "../../../service/src/settings";

it("with nothing set: the default model, loopback, a cache of the user", () => {
  const env = serviceEnvironment({ PATH: "/bin" }, "/home/me/.cache");
  const model = catalogueModel("qwen2.5-0.5b-instruct");
  expect(env).toEqual({
    PATH: "/bin",
    HOST: "127.0.0.1",
    UV_THREADPOOL_SIZE: "1",
    MODEL_ID: "qwen2.5-0.5b-instruct",
    MODEL_URL: model?.url,
    MODEL_BYTES: String(model?.bytes),
    MODEL_SHA256: model?.sha256,
    MODEL_CACHE_DIR: "/home/me/.cache/carepath/models",
  });
  expect(readSettings(env).model).toMatchObject({ kind: "pinned", cacheDir: "/home/me/.cache/carepath/models" });
});

it("MODEL_ID chooses from the catalogue, and what is set stays", () => {
  const env = serviceEnvironment({ MODEL_ID: "qwen2.5-0.5b-instruct", PORT: "9000", HOST: "0.0.0.0" }, "/c");
  expect(env).toMatchObject({ MODEL_BYTES: "491400032", PORT: "9000", HOST: "0.0.0.0" });
});

it("a model that is too small to judge urgency starts without triage", () => {
  const env = serviceEnvironment({ MODEL_ID: "smollm2-135m-instruct" }, "/c");
  expect(env).toMatchObject({ MODEL_BYTES: "98362432", TRIAGE: "false" });
  expect(readSettings(env).triage).toBe(false);
});

it("the variable of a deploy chooses too; MODEL_ID is nearer and wins", () => {
  const line = "qwen2.5-0.5b-instruct";
  const env = serviceEnvironment({ CAREPATH_MODEL_ID: line }, "/c");
  expect(env).toMatchObject({ MODEL_ID: "qwen2.5-0.5b-instruct", MODEL_BYTES: "491400032" });
  expect(serviceEnvironment({ CAREPATH_MODEL_ID: line, MODEL_ID: "qwen2.5-1.5b-instruct" }, "/c")).toMatchObject({
    MODEL_ID: "qwen2.5-1.5b-instruct",
  });
  expect(() => serviceEnvironment({ CAREPATH_MODEL_ID: "gpt" }, "/c")).toThrow(
    new UnknownModelError(
      "CAREPATH_MODEL_ID (gpt) is not in the catalogue: it must be one of qwen2.5-3b-instruct, qwen3-4b-thinking-2507, " +
        "qwen2.5-1.5b-instruct, qwen2.5-0.5b-instruct, smollm2-135m-instruct. Choose one of them, or set MODEL_URL, MODEL_BYTES and MODEL_SHA256, or MODEL_PATH.",
    ),
  );
});

it("a model of one's own is left alone", () => {
  expect(serviceEnvironment({ MODEL_PATH: "/m.gguf" }, "/c")).toEqual({
    HOST: "127.0.0.1",
    UV_THREADPOOL_SIZE: "1",
    MODEL_PATH: "/m.gguf",
  });
  expect(serviceEnvironment({ MODEL_URL: "https://x/m.gguf" }, "/c")).not.toHaveProperty("MODEL_SHA256");
});

it("an id that is not in the catalogue is refused with the ones that are", () => {
  expect(() => serviceEnvironment({ MODEL_ID: "gpt" }, "/c")).toThrow(
    new UnknownModelError(
      "MODEL_ID (gpt) is not in the catalogue: it must be one of qwen2.5-3b-instruct, qwen3-4b-thinking-2507, " +
        "qwen2.5-1.5b-instruct, qwen2.5-0.5b-instruct, smollm2-135m-instruct. Choose one of them, or set MODEL_URL, MODEL_BYTES and MODEL_SHA256, or MODEL_PATH.",
    ),
  );
});
