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

export const networkRules: readonly Rule[] = [zonesOfTheRegion, differentZones];
