import { createPublicKey, decapsulate, encapsulate } from 'node:crypto';
import type { MlKemParameters } from '../key-specs.ts';
import { privateKeyOf } from './material.ts';

/** ML-KEM (FIPS 203) with a private key as PKCS #8 DER. A shared secret has 32 bytes. */

/** FIPS 203, table 3. */
export const CIPHERTEXT_BYTES = {
  'ml-kem-512': 768,
  'ml-kem-768': 1088,
  'ml-kem-1024': 1568,
} as const satisfies Record<MlKemParameters, number>;

export interface Encapsulated {
  readonly sharedSecret: Buffer;
  readonly ciphertext: Buffer;
}

/** A new shared secret, and the form of it that only the holder of the private key reads. */
export function encapsulateSecret(secret: Buffer): Encapsulated {
  const { sharedKey, ciphertext } = encapsulate(createPublicKey(privateKeyOf(secret)));
  return { sharedSecret: sharedKey, ciphertext };
}

/**
 * The shared secret of a ciphertext. One that was altered, or is for another key, gives a secret that nobody else
 * knows (implicit rejection): always the same one for the same ciphertext. Throws when it has another length than
 * CIPHERTEXT_BYTES says.
 */
export function decapsulateSecret(secret: Buffer, ciphertext: Buffer): Buffer {
  return decapsulate(privateKeyOf(secret), ciphertext);
}
