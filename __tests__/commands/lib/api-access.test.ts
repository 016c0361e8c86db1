import { apiAccessProblem } from "../../../commands/lib/api-access";
import { loadConfig } from "../../../config/load";
import { PRODUCTION_VARIABLES } from "../../helpers/production-variables";
import { eksConfig } from "../../helpers/sample-config";

it("finds the placeholder of the demo, and takes real networks", () => {
  expect(apiAccessProblem(loadConfig({ CAREPATH_ENV: "demo" }).config)).toEqual({
    detail:
      "cluster.endpoint.publicAccessCidrs (203.0.113.0/24): is no real network, so the platform stack could not reach the cluster.",
    fix: 'Run `export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"`.',
  });
  const real = { CAREPATH_ENV: "demo", CAREPATH_API_CIDRS: "52.94.236.248/32" };
  expect(apiAccessProblem(loadConfig(real).config)).toBeUndefined();
  expect(apiAccessProblem(loadConfig({ CAREPATH_ENV: "local" }).config)).toBeUndefined();
});

it("finds a private endpoint in a new VPC, unless the caller is inside", () => {
  const production = { CAREPATH_ENV: "production", ...PRODUCTION_VARIABLES };
  expect(apiAccessProblem(loadConfig(production).config)?.detail).toBe(
    "cluster.endpoint.publicAccess (false): is a private address in a VPC that this deploy makes, so the platform stack could not reach the cluster.",
  );
  expect(
    apiAccessProblem(loadConfig({ ...production, CAREPATH_API_CIDRS: "52.94.236.248/32" }).config),
  ).toBeUndefined();
  expect(apiAccessProblem(loadConfig({ ...production, CAREPATH_DEPLOY_FROM_INSIDE: "true" }).config)).toBeUndefined();
});

it("takes a private endpoint in a network that is there already", () => {
  const zones = ["eu-central-1a", "eu-central-1b"];
  const subnets = Object.fromEntries(zones.map((zone) => [zone, { id: "subnet-1", cidr: "10.0.0.0/24" }]));
  const network = { zones, natGateways: "single" as const };
  expect(apiAccessProblem(eksConfig({}, { network }))).toBeDefined();
  expect(
    apiAccessProblem(eksConfig({}, { network: { ...network, existing: { vpcId: "vpc-1", subnets } } })),
  ).toBeUndefined();
});
