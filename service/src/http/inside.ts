import { BlockList } from "node:net";
import { isLoopback } from "../loopback.js";

/** Tells addresses inside of the given IPv4 blocks, and of this machine, from others. Without blocks all are inside. */
export function insideOf(cidrs: readonly string[]): (address: string) => boolean {
  if (cidrs.length === 0) return () => true;
  const blocks = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", prefix = ""] = cidr.split("/");
    blocks.addSubnet(network, Number(prefix), "ipv4");
  }
  return (address) => {
    // A socket that listens on both families shows IPv4 addresses in the form of IPv6.
    const ipv4 = address.replace(/^::ffff:/, "");
    return isLoopback(ipv4) || blocks.check(ipv4, "ipv4");
  };
}
