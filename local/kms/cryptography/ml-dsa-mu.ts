import type { KeyObject } from 'node:crypto';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import * as z from 'zod';
import type { MlDsaParameters } from '../key-specs.ts';

/**
 * ML-DSA (FIPS 204) over the message representative mu that is already made: SHAKE256 of the public key's hash and
 * the message. node:crypto makes mu itself, of messages alone.
 */
const SIGNERS = {
  'ml-dsa-44': ml_dsa44,
  'ml-dsa-65': ml_dsa65,
  'ml-dsa-87': ml_dsa87,
} as const satisfies Record<MlDsaParameters, unknown>;

export const MU_BYTES = 64;

/** The key as a JWK: the seed and the public key (RFC 9964). */
const keySchema = z.object({
  alg: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'])),
  priv: z.base64url().transform((text) => Buffer.from(text, 'base64url')),
  pub: z.base64url().transform((text) => Buffer.from(text, 'base64url')),
});

/** Hedged: another signature each time. Throws when mu does not have MU_BYTES. */
export function signMu(privateKey: KeyObject, mu: Buffer): Buffer {
  const { alg, priv } = keySchema.parse(privateKey.export({ format: 'jwk' }));
  const { internal, keygen } = SIGNERS[alg];
  return Buffer.from(internal.sign(mu, keygen(priv).secretKey, { externalMu: true }));
}

export function isSignatureOfMu(privateKey: KeyObject, mu: Buffer, signature: Buffer): boolean {
  const { alg, pub } = keySchema.parse(privateKey.export({ format: 'jwk' }));
  const { internal, lengths } = SIGNERS[alg];
  return signature.length === lengths.signature && internal.verify(signature, mu, pub, { externalMu: true });
}
