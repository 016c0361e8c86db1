import { type Json, type SynthesizedStack } from "./synth-stack";

/** The resources of a stack by address (`aws_vpc.network_vpc_1234`), with what each one refers to or waits for. */
export class ResourceGraph {
  private readonly resources: ReadonlyMap<string, Json>;

  constructor(stack: SynthesizedStack) {
    this.resources = new Map(
      Object.entries(stack.json.resource).flatMap(([type, named]) =>
        Object.entries(named).map(([id, resource]): [string, Json] => [`${type}.${id}`, resource]),
      ),
    );
  }

  /** Addresses of the resources for which `matches` holds. */
  addresses(matches: (type: string, resource: Json) => boolean): string[] {
    return [...this.resources].flatMap(([address, resource]) =>
      matches(address.replace(/\..*/, ""), resource) ? [address] : [],
    );
  }

  /** Everything that Terraform creates before `address`, directly or through others. */
  before(address: string, seen = new Set<string>()): ReadonlySet<string> {
    for (const next of this.direct(address)) {
      if (seen.has(next)) continue;
      seen.add(next);
      this.before(next, seen);
    }
    return seen;
  }

  private direct(address: string): string[] {
    const text = JSON.stringify(this.resources.get(address));
    const references = [...text.matchAll(/\b(aws_\w+\.[\w-]+)/g)].map(([, found = ""]) => found);
    return references.filter((found) => found !== address && this.resources.has(found));
  }
}
