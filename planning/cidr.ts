/** IPv4 CIDR blocks: reading, comparing and dividing them. */

export interface CidrBlock {
  /** First address as an unsigned 32-bit number. */
  readonly address: number;
  /** 0 to 32. */
  readonly prefix: number;
}

const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Reads `10.20.0.0/16`; undefined when it is not IPv4 CIDR notation. Host bits are kept: see `networkAddress`. */
export function parseCidr(text: string): CidrBlock | undefined {
  const parts = CIDR.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = parts;
  if (prefix > 32 || [a, b, c, d].some((octet) => octet > 255)) return undefined;
  return { address: ((a * 256 + b) * 256 + c) * 256 + d, prefix };
}

/** The block with its host bits cleared: `10.20.0.5/16` is `10.20.0.0/16`. */
export function networkAddress({ address, prefix }: CidrBlock): CidrBlock {
  const size = 2 ** (32 - prefix);
  return { address: Math.floor(address / size) * size, prefix };
}

export function formatCidr({ address, prefix }: CidrBlock): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  return `${octets.join(".")}/${prefix}`;
}

/** The `index`-th block of `2 ** newBits` equal parts. @throws RangeError outside the block */
export function subnetBlock(block: CidrBlock, newBits: number, index: number): CidrBlock {
  const prefix = block.prefix + newBits;
  if (prefix > 32 || index < 0 || index >= 2 ** newBits) {
    throw new RangeError(`${formatCidr(block)} has no part ${index} of ${2 ** newBits}.`);
  }
  return { address: block.address + index * 2 ** (32 - prefix), prefix };
}

/** Whether two blocks share an address. */
export function overlaps(a: CidrBlock, b: CidrBlock): boolean {
  const larger = Math.min(a.prefix, b.prefix);
  return networkAddress({ ...a, prefix: larger }).address === networkAddress({ ...b, prefix: larger }).address;
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: CidrBlock, inner: CidrBlock): boolean {
  return outer.prefix <= inner.prefix && overlaps(outer, inner);
}
