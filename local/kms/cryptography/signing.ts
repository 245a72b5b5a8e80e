import { constants, createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { SigningAlgorithm } from '../key-specs.ts';
import { signDigestEcdsa, verifyDigestEcdsa } from './ecdsa-digest.ts';
import type { Hash } from './hash.ts';
import { privateKeyOf } from './material.ts';
import { signDigestPkcs1, signDigestPss, verifyDigestPkcs1, verifyDigestPss } from './rsa-digest.ts';

export type MessageType = 'RAW' | 'DIGEST';

type Scheme = 'pkcs1' | 'pss' | 'ecdsa';

const SCHEMES = {
  RSASSA_PKCS1_V1_5_SHA_256: ['pkcs1', 'sha256'],
  RSASSA_PKCS1_V1_5_SHA_384: ['pkcs1', 'sha384'],
  RSASSA_PKCS1_V1_5_SHA_512: ['pkcs1', 'sha512'],
  RSASSA_PSS_SHA_256: ['pss', 'sha256'],
  RSASSA_PSS_SHA_384: ['pss', 'sha384'],
  RSASSA_PSS_SHA_512: ['pss', 'sha512'],
  ECDSA_SHA_256: ['ecdsa', 'sha256'],
  ECDSA_SHA_384: ['ecdsa', 'sha384'],
  ECDSA_SHA_512: ['ecdsa', 'sha512'],
} as const satisfies Record<Exclude<SigningAlgorithm, 'ED25519_SHA_512'>, readonly [Scheme, Hash]>;

const PADDINGS = {
  pkcs1: { padding: constants.RSA_PKCS1_PADDING },
  pss: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ecdsa: { dsaEncoding: 'der' },
} as const;

/** Node signs messages only, so digests go through the schemes themselves. */
const DIGEST_SCHEMES = {
  pkcs1: { sign: signDigestPkcs1, verify: verifyDigestPkcs1 },
  pss: { sign: signDigestPss, verify: verifyDigestPss },
  ecdsa: { sign: signDigestEcdsa, verify: verifyDigestEcdsa },
} as const;

/** The length of the digests that the algorithm signs, in bytes; undefined when it takes messages only. */
export function digestBytes(algorithm: SigningAlgorithm): number | undefined {
  return algorithm === 'ED25519_SHA_512' ? undefined : createHash(SCHEMES[algorithm][1]).digest().length;
}

/** ECDSA signatures are DER. A digest must have the length that digestBytes says. */
export function signMessage(
  secret: Buffer,
  algorithm: SigningAlgorithm,
  message: Buffer,
  type: MessageType,
): Buffer {
  const key = privateKeyOf(secret);
  if (algorithm === 'ED25519_SHA_512') return sign(null, message, key);
  const [scheme, hash] = SCHEMES[algorithm];
  return type === 'RAW'
    ? sign(hash, message, { key, ...PADDINGS[scheme] })
    : DIGEST_SCHEMES[scheme].sign(key, message, hash);
}

export function isSignatureValid(
  secret: Buffer,
  algorithm: SigningAlgorithm,
  message: Buffer,
  type: MessageType,
  signature: Buffer,
): boolean {
  const key = createPublicKey(privateKeyOf(secret));
  if (algorithm === 'ED25519_SHA_512') return verify(null, message, key, signature);
  const [scheme, hash] = SCHEMES[algorithm];
  return type === 'RAW'
    ? verify(hash, message, { key, ...PADDINGS[scheme] }, signature)
    : DIGEST_SCHEMES[scheme].verify(key, message, signature, hash);
}
