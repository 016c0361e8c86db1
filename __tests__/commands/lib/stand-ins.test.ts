import { standIns } from "../../../commands/lib/stand-ins";
import { loadConfig } from "../../../config/load";

it("stands for what production leaves to variables, and lists it", () => {
  const env = { CAREPATH_ENV: "production" };
  const { variables, missing } = standIns(env);
  expect(variables).toEqual({
    CAREPATH_STATE_BUCKET: "stand-in",
    CAREPATH_IMAGE_TAG: "stand-in",
    CAREPATH_HOST: "stand-in.example",
    CAREPATH_HOSTED_ZONE_ID: "ZSTANDIN",
    CAREPATH_SOURCE_CIDRS: "192.0.2.0/24",
  });
  expect(missing).toEqual([
    expect.stringMatching(/^state\.type \("local"\): .* Set CAREPATH_STATE_BUCKET /),
    expect.stringMatching(/^chat\.image \(\{\}\): .* CAREPATH_IMAGE_TAG\.$/),
    expect.stringMatching(/^chat\.exposure\.host /),
    expect.stringMatching(/^chat\.exposure\.certificateArn /),
    expect.stringMatching(/^chat\.exposure\.sourceCidrs /),
  ]);
  expect(() => loadConfig({ ...env, ...variables })).not.toThrow();
});

it("stands for nothing where nothing is missing, and leaves other problems to synth", () => {
  expect(standIns({ CAREPATH_ENV: "demo" })).toEqual({ variables: {}, missing: [] });
  const broken = { CAREPATH_ENV: "demo", CAREPATH_INSTANCE_TYPE: "c7i.large" };
  expect(standIns(broken)).toEqual({ variables: {}, missing: [] });
  expect(() => loadConfig(broken)).toThrow();
});
