import { notOnTheInternet } from "../../planning/special-addresses";

it.each([
  ["10.1.2.3/32", "10.0.0.0/8 (private, RFC 1918)"],
  ["172.31.255.0/24", "172.16.0.0/12 (private, RFC 1918)"],
  ["172.32.0.0/24", undefined],
  ["192.168.0.0/15", "192.168.0.0/16 (private, RFC 1918)"],
  ["192.0.2.7/32", "192.0.2.0/24 (for documentation, RFC 5737)"],
  ["198.51.100.7/32", "198.51.100.0/24 (for documentation, RFC 5737)"],
  ["203.0.113.7/32", "203.0.113.0/24 (for documentation, RFC 5737)"],
  ["203.0.112.0/20", "203.0.113.0/24 (for documentation, RFC 5737)"],
  ["100.64.0.0/10", "100.64.0.0/10 (shared by carriers, RFC 6598)"],
  ["100.128.0.0/9", undefined],
  ["52.94.236.248/32", undefined],
  ["0.0.0.0/1", "0.0.0.0/8 (this network)"],
  ["no block", undefined],
])("%s overlaps %s", (cidr, range) => {
  expect(notOnTheInternet(cidr)).toBe(range);
});
