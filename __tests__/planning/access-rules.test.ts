import {
  apiKeysViolation,
  licenceViolation,
  maxTokensViolation,
  nodeZonesViolation,
  nodeZoneUnknownViolation,
  sourceCidrsViolation,
  stateViolation,
  type Access,
} from "../../planning/access-rules";
import { violationMessage } from "../../planning/workload-rules";

const message = (violation: Parameters<typeof violationMessage>[0] | undefined): string | undefined =>
  violation && violationMessage(violation);

const access: Access = { production: false, exposure: "cluster-ip", sourceCidrs: [], apiKeys: false };

describe("access rules", () => {
  it("lets a demo go without keys behind ClusterIP only", () => {
    expect(apiKeysViolation(access)).toBeUndefined();
    expect(apiKeysViolation({ ...access, exposure: "load-balancer", apiKeys: true })).toBeUndefined();
    expect(message(apiKeysViolation({ ...access, exposure: "load-balancer" }))).toBe(
      'chat.apiKeys.source (none) leaves a load balancer without API keys: everybody who reaches it could use the model. Set apiKeys to { source: "existing-secret", name: "..." } or { source: "terraform-variable" }.',
    );
    expect(message(apiKeysViolation({ ...access, production: true }))).toContain("leaves production without API keys");
  });

  it("refuses a load balancer without source CIDRs", () => {
    expect(sourceCidrsViolation(access)).toBeUndefined();
    const exposed = { ...access, exposure: "load-balancer" } as const;
    expect(sourceCidrsViolation({ ...exposed, sourceCidrs: ["10.0.0.0/8"] })).toBeUndefined();
    expect(sourceCidrsViolation(exposed)).toMatchObject({
      subject: "chat.exposure.sourceCidrs",
      rule: "is empty, and a load balancer needs the CIDRs that may connect to it",
    });
  });

  it("asks for consent to a non-commercial licence in production", () => {
    const use = { production: true, modelId: "m", licence: "Research", nonCommercial: true, acceptLicense: false };
    expect(licenceViolation({ ...use, acceptLicense: true })).toBeUndefined();
    expect(licenceViolation({ ...use, production: false })).toBeUndefined();
    expect(licenceViolation({ ...use, nonCommercial: false })).toBeUndefined();
    expect(licenceViolation(use)).toMatchObject({
      subject: "chat.acceptLicense",
      rule: "must be true to use m in production: its licence (Research) forbids commercial use",
    });
  });

  it("refuses local state in production", () => {
    expect(stateViolation(true, "s3")).toBeUndefined();
    expect(stateViolation(false, "local")).toBeUndefined();
    expect(message(stateViolation(true, "local"))).toBe(
      'state.type (local) must be "s3" in production: a local state file can be lost, and two people can deploy at once without a lock. Set state to { type: "s3", bucket: "...", region: "..." }.',
    );
  });

  it("refuses nodes over several zones beside a zonal volume", () => {
    expect(nodeZonesViolation(["a"])).toBeUndefined();
    expect(nodeZonesViolation(["a", "b"])).toEqual({
      subject: "nodes.zones",
      actual: ["a", "b"],
      rule: "must be exactly one zone: the model cache is an EBS volume, and a node in another zone cannot attach it",
      fix: 'Set nodes.zone to "a"',
    });
    expect(nodeZonesViolation([])?.fix).toBe("Set nodes.zone to one of network.zones");
  });

  it("refuses a zone without a subnet", () => {
    expect(nodeZoneUnknownViolation("b", ["a", "b"])).toBeUndefined();
    expect(nodeZoneUnknownViolation("c", ["a", "b"])).toMatchObject({
      subject: "nodes.zone",
      rule: "must be one of network.zones (a, b), where the subnets are",
    });
  });

  it("keeps the answer shorter than the context", () => {
    expect(maxTokensViolation(4095, 4096)).toBeUndefined();
    expect(message(maxTokensViolation(4096, 4096))).toBe(
      "chat.maxTokens (4096) must be less than contextSize (4096), which holds the question as well. Set maxTokens to 2048 or less.",
    );
  });
});
