import { createDecipheriv } from 'node:crypto';
import { decryptRsa } from './rsa-encryption.ts';

/** How key material is encrypted on its way in, under an RSA public key. */
export const WRAPPING_ALGORITHMS = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
] as const;

export type WrappingAlgorithm = (typeof WRAPPING_ALGORITHMS)[number];

/** The algorithms that wrap in two steps, with what wraps the AES key. */
const HYBRID = {
  RSA_AES_KEY_WRAP_SHA_1: 'RSAES_OAEP_SHA_1',
  RSA_AES_KEY_WRAP_SHA_256: 'RSAES_OAEP_SHA_256',
} as const;

const AES_KEY_BYTES = 32;

/** RFC 5649, 3: the constant of the alternative initial value; and the shortest that there is, one block. */
const WRAP_PAD_IV = Buffer.from('a65959a6', 'hex');
const SHORTEST_WRAPPED_BYTES = 16;

/**
 * The key material that was wrapped for this RSA private key, which is PKCS #8 DER with a modulus of `modulusBits`.
 * Undefined when it was altered, or wrapped for another key or with another algorithm.
 */
export function unwrap(
  wrappingKey: Buffer,
  modulusBits: number,
  algorithm: WrappingAlgorithm,
  wrapped: Buffer,
): Buffer | undefined {
  if (algorithm === 'RSAES_OAEP_SHA_1' || algorithm === 'RSAES_OAEP_SHA_256') {
    return decryptRsa(wrappingKey, algorithm, wrapped);
  }
  const modulusBytes = modulusBits / 8;
  const aesKey = decryptRsa(wrappingKey, HYBRID[algorithm], wrapped.subarray(0, modulusBytes));
  if (aesKey?.length !== AES_KEY_BYTES) return undefined;
  return unwrapPadded(aesKey, wrapped.subarray(modulusBytes));
}

/** AES key wrap with padding (RFC 5649). */
function unwrapPadded(key: Buffer, wrapped: Buffer): Buffer | undefined {
  if (wrapped.length < SHORTEST_WRAPPED_BYTES) return undefined;
  const decipher = createDecipheriv('id-aes256-wrap-pad', key, WRAP_PAD_IV);
  try {
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    return undefined;
  }
}
