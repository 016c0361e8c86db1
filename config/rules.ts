import { type AppConfig, type EksConfig } from "./schema";
import { type ConfigProblem } from "./config-error";

/** A range of RFC 5737 that no computer has: it keeps the demo synthesizable before anyone has said who may connect. */
export const PLACEHOLDER_CIDR = "203.0.113.0/24";

const ANYWHERE = "0.0.0.0/0";

/** What must hold between fields; within a field the schema checks. Refusals that need the plan are the plan's own. */
export function crossFieldProblems(config: AppConfig): ConfigProblem[] {
  const problems = [...stateProblems(config), ...imageProblems(config)];
  if (config.target === "eks")
    problems.push(
      ...zoneProblems(config),
      ...sizeProblems(config),
      ...endpointProblems(config),
      ...pullRequestProblems(config),
    );
  return problems;
}

function stateProblems({ production, state }: AppConfig): ConfigProblem[] {
  if (!production || state.type === "s3") return [];
  return [
    {
      path: "state.type",
      actual: state.type,
      rule: "production keeps its state in S3, where it is locked, versioned and not on one laptop",
      fix: "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` makes a bucket)",
    },
  ];
}

function imageProblems({ chat: { image } }: AppConfig): ConfigProblem[] {
  if (image.tag !== undefined || image.digest !== undefined) return [];
  return [
    {
      path: "chat.image",
      actual: image,
      rule: "needs a digest or a tag, so that it is known which build runs",
      fix: "Set CAREPATH_IMAGE_DIGEST (or CAREPATH_IMAGE_TAG), or chat.image.digest in the file",
    },
  ];
}

function zoneProblems({ region, network: { zones } }: EksConfig): ConfigProblem[] {
  return zones.flatMap((zone, index) => {
    const path = `network.zones[${index}]`;
    if (zone.slice(0, -1) !== region) {
      const fix = `Write "${region}${zone.slice(-1)}", or set CAREPATH_ZONES`;
      return [{ path, actual: zone, rule: `must be a zone of region "${region}"`, fix }];
    }
    if (zones.indexOf(zone) === index) return [];
    return [
      { path, actual: zone, rule: "must be listed once: EKS needs two different zones", fix: "Name another zone" },
    ];
  });
}

function sizeProblems({ nodes: { minSize, desiredSize, maxSize } }: EksConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (desiredSize < minSize) {
    problems.push({
      path: "nodes.desiredSize",
      actual: desiredSize,
      rule: `must not be below nodes.minSize (${minSize})`,
      fix: `Set nodes.desiredSize to ${minSize} or more, or nodes.minSize to ${desiredSize} or less`,
    });
  }
  if (desiredSize > maxSize) {
    problems.push({
      path: "nodes.desiredSize",
      actual: desiredSize,
      rule: `must not be above nodes.maxSize (${maxSize})`,
      fix: `Set nodes.desiredSize to ${maxSize} or less, or nodes.maxSize to ${desiredSize} or more`,
    });
  }
  return problems;
}

function endpointProblems({ cluster: { endpoint }, production }: EksConfig): ConfigProblem[] {
  const { publicAccess, publicAccessCidrs, allowAnyCidr } = endpoint;
  const path = "cluster.endpoint.publicAccessCidrs";
  const open = publicAccessCidrs.includes(ANYWHERE);
  if (publicAccess && publicAccessCidrs.length === 0) {
    return [
      {
        path,
        actual: publicAccessCidrs,
        rule: "a public API endpoint needs the CIDRs that may reach it: without them EKS opens it to everyone",
        fix: "Set CAREPATH_API_CIDRS to your address, e.g. 198.51.100.7/32, or publicAccess: false",
      },
    ];
  }
  if (!publicAccess && publicAccessCidrs.length > 0) {
    return [
      {
        path,
        actual: publicAccessCidrs,
        rule: "has no effect on a private endpoint",
        fix: "Set publicAccess: true, or remove the CIDRs",
      },
    ];
  }
  if (open && production) {
    return [
      {
        path,
        actual: publicAccessCidrs,
        rule: "production does not offer its API server to every address, whatever allowAnyCidr says",
        fix: "Name the networks that may connect, or set publicAccess: false",
      },
    ];
  }
  if (open && !allowAnyCidr) {
    return [
      {
        path,
        actual: publicAccessCidrs,
        rule: `${ANYWHERE} lets everyone try the API server`,
        fix: "Name the networks that may connect, or set allowAnyCidr: true on a cluster that you will throw away",
      },
    ];
  }
  return [];
}

function pullRequestProblems({ pullRequests, state }: EksConfig): ConfigProblem[] {
  if (pullRequests === undefined || state.type === "s3") return [];
  return [
    {
      path: "pullRequests.githubRepository",
      actual: pullRequests.githubRepository,
      rule: "a pull request is planned far away from here, where nobody can read the local state",
      fix: "Set CAREPATH_STATE_BUCKET (`npm run bootstrap-state` makes a bucket), or leave pullRequests out",
    },
  ];
}
