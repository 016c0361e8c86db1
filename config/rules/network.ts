import { onEks, type Rule } from "./rule";

const zonesOfTheRegion = onEks(({ config: { region, network } }) => {
  const { zones } = network;
  if (zones.every((zone) => zone.slice(0, -1) === region)) return undefined;
  const meant = zones.map((zone) => `"${region}${zone.slice(-1)}"`).join(", ");
  return {
    path: "network.zones",
    actual: zones,
    rule: `must be zones of region "${region}"`,
    fix: `Write zones: [${meant}], or set CAREPATH_ZONES`,
  };
});

const differentZones = onEks(({ config: { network } }) => {
  const { zones } = network;
  if (new Set(zones).size === zones.length) return undefined;
  return {
    path: "network.zones",
    actual: zones,
    rule: "must be different from each other: EKS needs two zones",
    fix: "Name each zone once",
  };
});

const existingSubnetInEveryZone = onEks(({ config: { network } }) => {
  const { existing, zones } = network;
  if (existing === undefined) return undefined;
  const given = Object.keys(existing.subnets);
  const missing = zones.filter((zone) => !given.includes(zone));
  const superfluous = given.filter((zone) => !zones.includes(zone));
  if (missing.length === 0 && superfluous.length === 0) return undefined;
  return {
    path: "network.existing.subnets",
    actual: given,
    rule: `must have one subnet for each of network.zones (${zones.join(", ")})`,
    fix:
      missing.length > 0
        ? `Add ${missing.map((zone) => `"${zone}": { id: "subnet-...", cidr: "..." }`).join(", ")}`
        : `Remove ${superfluous.join(", ")}, or add it to network.zones`,
  };
});

export const networkRules: readonly Rule[] = [zonesOfTheRegion, differentZones, existingSubnetInEveryZone];
