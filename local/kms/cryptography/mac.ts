import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MacAlgorithm } from '../key-specs.ts';

const HASHES = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
} as const satisfies Record<MacAlgorithm, string>;

/** HMAC (RFC 2104), as long as its hash. */
export function macOf(secret: Buffer, algorithm: MacAlgorithm, message: Buffer): Buffer {
  return createHmac(HASHES[algorithm], secret).update(message).digest();
}

/** A MAC that is cut short is not valid. */
export function isMacValid(secret: Buffer, algorithm: MacAlgorithm, message: Buffer, mac: Buffer): boolean {
  const expected = macOf(secret, algorithm, message);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}
