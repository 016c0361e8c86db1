import { notOnTheInternet } from "../../planning/special-addresses";
import { type Problem } from "../config-error";
import { OWN_ADDRESS_COMMAND, PLACEHOLDER_CIDR } from "../placeholder-cidr";
import { onEks, type Rule } from "./rule";

const ANYWHERE = "0.0.0.0/0";

const OWN_ADDRESS = `Run \`${OWN_ADDRESS_COMMAND}\``;

const endpoint = (publicAccessCidrs: readonly string[], rule: string, fix: string): Problem => ({
  path: "cluster.endpoint.publicAccessCidrs",
  actual: publicAccessCidrs,
  rule,
  fix,
});

const publicEndpointNamesItsNetworks = onEks(({ config: { cluster } }) => {
  const { publicAccess, publicAccessCidrs } = cluster.endpoint;
  if (!publicAccess || publicAccessCidrs.length > 0) return undefined;
  return endpoint(
    publicAccessCidrs,
    "must name the networks that may reach a public API endpoint: without them EKS opens it to everyone",
    `${OWN_ADDRESS} for your own address, or write publicAccess: false`,
  );
});

const privateEndpointHasNoNetworks = onEks(({ config: { cluster } }) => {
  const { publicAccess, publicAccessCidrs } = cluster.endpoint;
  if (publicAccess || publicAccessCidrs.length === 0) return undefined;
  return endpoint(
    publicAccessCidrs,
    "has no effect on a private endpoint",
    "Write publicAccess: true, or remove publicAccessCidrs",
  );
});

const notOpenToEveryone = onEks(({ config: { cluster, production } }) => {
  const { publicAccess, publicAccessCidrs, allowAnyCidr } = cluster.endpoint;
  if (!publicAccess || !publicAccessCidrs.includes(ANYWHERE) || (allowAnyCidr && !production)) return undefined;
  return production
    ? endpoint(
        publicAccessCidrs,
        "must not offer the API server of production to every address, whatever allowAnyCidr says",
        "Name the networks that may connect, or write publicAccess: false",
      )
    : endpoint(
        publicAccessCidrs,
        `must not contain ${ANYWHERE}, which lets everyone try the API server`,
        "Name the networks that may connect, or write allowAnyCidr: true for a cluster that you will throw away",
      );
});

/** A public endpoint sees the public address of a client, never one of these. */
const clientsHavePublicAddresses = onEks(({ config: { cluster } }) => {
  const { publicAccess, publicAccessCidrs } = cluster.endpoint;
  if (!publicAccess) return undefined;
  const unreachable = publicAccessCidrs.flatMap((cidr) => {
    const range = [PLACEHOLDER_CIDR, ANYWHERE].includes(cidr) ? undefined : notOnTheInternet(cidr);
    return range === undefined ? [] : [`${cidr} overlaps ${range}`];
  });
  if (unreachable.length === 0) return undefined;
  return endpoint(
    publicAccessCidrs,
    `must be addresses of the internet, and ${unreachable.join(", ")}: the cluster would be made and no one could reach it`,
    `${OWN_ADDRESS} for your own address, or write publicAccess: false`,
  );
});

export const clusterRules: readonly Rule[] = [
  publicEndpointNamesItsNetworks,
  privateEndpointHasNoNetworks,
  notOpenToEveryone,
  clientsHavePublicAddresses,
];
