import { CATALOGUE_IDS, catalogueModel, QUICK_MODEL_ID, START_MODEL_ID } from "../../../planning/catalogue/models";

describe("model catalogue", () => {
  it.each([
    [
      "qwen2.5-3b-instruct",
      2104932768,
      "626b4a6678b86442240e33df819e00132d3ba7dddfe1cdc4fbb18e0a9615c62d",
      true,
      [36, 2, 128],
    ],
    [
      "qwen3-4b-thinking-2507",
      2497281152,
      "ddd52e18200baab281c5c46f70d544ce4d4fe4846eab1608f2fff48a64554212",
      false,
      [36, 8, 128],
    ],
    [
      "qwen2.5-1.5b-instruct",
      1117320736,
      "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
      false,
      [28, 2, 128],
    ],
    [
      "qwen2.5-0.5b-instruct",
      491400032,
      "74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db",
      false,
      [24, 2, 64],
    ],
    [
      "smollm2-135m-instruct",
      98362432,
      "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
      false,
      [30, 3, 64],
    ],
  ])("pins %s", (id, bytes, sha256, nonCommercial, shape) => {
    const model = catalogueModel(id);
    expect(model).toMatchObject({ id, bytes, sha256, nonCommercial });
    expect([model?.shape.layers, model?.shape.keyValueHeads, model?.shape.headSize]).toEqual(shape);
    expect(model?.url).toMatch(/^https:\/\/huggingface\.co\/[^/]+\/[^/]+\/resolve\/[0-9a-f]{40}\/[^/]+\.gguf$/);
  });

  it("lists these ids and knows no others", () => {
    expect(CATALOGUE_IDS).toHaveLength(5);
    expect(catalogueModel("gpt-2")).toBeUndefined();
  });

  it("starts with a model that anyone may use and that judges urgency, and has a quicker one that does not judge", () => {
    expect(catalogueModel(START_MODEL_ID)).toMatchObject({ licence: "Apache-2.0", nonCommercial: false });
    expect(catalogueModel(START_MODEL_ID)?.judgesUrgency ?? true).toBe(true);
    expect(catalogueModel(QUICK_MODEL_ID)).toMatchObject({ licence: "Apache-2.0", judgesUrgency: false });
    const sizes = CATALOGUE_IDS.map((id) => catalogueModel(id)?.bytes ?? 0);
    expect(catalogueModel(QUICK_MODEL_ID)?.bytes).toBe(Math.min(...sizes));
  });
});
