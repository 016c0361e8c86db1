/** A range of RFC 5737 that no computer has: it keeps the demo synthesizable before anyone has said who may connect. */
export const PLACEHOLDER_CIDR = "203.0.113.0/24";
