import { standIns } from "../../../commands/lib/stand-ins";
import { loadConfig } from "../../../config/load";

it("stands for the bucket and the image of production, and lists them", () => {
  const env = { CAREPATH_ENV: "production" };
  const { variables, missing } = standIns(env);
  expect(variables).toEqual({ CAREPATH_STATE_BUCKET: "stand-in", CAREPATH_IMAGE_TAG: "stand-in" });
  expect(missing).toEqual([
    expect.stringMatching(/^state\.type \("local"\): .* Set CAREPATH_STATE_BUCKET /),
    expect.stringMatching(/^chat\.image \(\{\}\): .* CAREPATH_IMAGE_TAG\.$/),
  ]);
  expect(() => loadConfig({ ...env, ...variables })).not.toThrow();
});

it("stands for nothing where nothing is missing, and leaves other problems to synth", () => {
  expect(standIns({ CAREPATH_ENV: "demo" })).toEqual({ variables: {}, missing: [] });
  const broken = { CAREPATH_ENV: "demo", CAREPATH_INSTANCE_TYPE: "c7i.large" };
  expect(standIns(broken)).toEqual({ variables: {}, missing: [] });
  expect(() => loadConfig(broken)).toThrow();
});
