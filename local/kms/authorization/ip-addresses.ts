import { BlockList, isIP } from 'node:net';

interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

const BITS = { ipv4: 32, ipv6: 128 } as const;

/** Whether the address is in the range: an IPv4 or IPv6 address, alone or with `/<prefix>`. */
export function isInRange(address: string, range: string): boolean {
  const parsed = parseRange(range);
  const version = isIP(address);
  if (parsed === undefined || version === 0) return false;
  const list = new BlockList();
  list.addSubnet(parsed.address, parsed.prefix, parsed.family);
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

export function isIpRange(range: string): boolean {
  return parseRange(range) !== undefined;
}

function parseRange(range: string): Range | undefined {
  const { address = '', prefix } = /^(?<address>[^/]+)(?:\/(?<prefix>\d{1,3}))?$/.exec(range)?.groups ?? {};
  const version = isIP(address);
  if (version === 0) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const length = prefix === undefined ? BITS[family] : Number(prefix);
  return length > BITS[family] ? undefined : { address, prefix: length, family };
}
