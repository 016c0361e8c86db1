import { overlaps, parseCidr } from "./cidr";

/**
 * IPv4 ranges that no client on the internet connects from.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const RANGES: readonly (readonly [cidr: string, meaning: string])[] = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private, RFC 1918"],
  ["100.64.0.0/10", "shared by carriers, RFC 6598"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private, RFC 1918"],
  ["192.0.2.0/24", "for documentation, RFC 5737"],
  ["192.168.0.0/16", "private, RFC 1918"],
  ["198.18.0.0/15", "for benchmarks, RFC 2544"],
  ["198.51.100.0/24", "for documentation, RFC 5737"],
  ["203.0.113.0/24", "for documentation, RFC 5737"],
  ["224.0.0.0/3", "multicast and reserved"],
];

/** The special range that a block overlaps, as `10.0.0.0/8 (private, RFC 1918)`; undefined for one of the internet. */
export function notOnTheInternet(cidr: string): string | undefined {
  const block = parseCidr(cidr);
  if (block === undefined) return undefined;
  const found = RANGES.find(([range]) => {
    const special = parseCidr(range);
    return special !== undefined && overlaps(block, special);
  });
  return found && `${found[0]} (${found[1]})`;
}
