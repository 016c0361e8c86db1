import { placeholderProblem } from "../../../commands/lib/api-access";
import { loadConfig } from "../../../config/load";

it("finds the placeholder of the demo, and takes real networks", () => {
  expect(placeholderProblem(loadConfig({ CAREPATH_ENV: "demo" }).config)).toEqual({
    detail:
      "cluster.endpoint.publicAccessCidrs (203.0.113.0/24): is no real network, so the platform stack could not reach the cluster.",
    fix: "Set CAREPATH_API_CIDRS to your address, e.g. CAREPATH_API_CIDRS=198.51.100.7/32.",
  });
  const real = { CAREPATH_ENV: "demo", CAREPATH_API_CIDRS: "198.51.100.7/32" };
  expect(placeholderProblem(loadConfig(real).config)).toBeUndefined();
  expect(placeholderProblem(loadConfig({ CAREPATH_ENV: "local" }).config)).toBeUndefined();
});
