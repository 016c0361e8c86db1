/** A range of RFC 5737 that no computer has: it keeps the demo synthesizable before anyone has said who may connect. */
export const PLACEHOLDER_CIDR = "203.0.113.0/24";

/** A command for a shell. The name answers with the IPv4 address that the caller has on the internet. */
export const OWN_ADDRESS_COMMAND = 'export CAREPATH_API_CIDRS="$(curl -4fsS https://checkip.amazonaws.com)/32"';
