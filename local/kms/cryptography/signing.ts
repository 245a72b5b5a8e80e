import { constants, createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { SigningAlgorithm } from '../key-specs.ts';
import { signDigestEcdsa, verifyDigestEcdsa } from './ecdsa-digest.ts';
import type { Hash } from './hash.ts';
import { privateKeyOf } from './material.ts';
import { isSignatureOfMu, MU_BYTES, signMu } from './ml-dsa-mu.ts';
import { signDigestPkcs1, signDigestPss, verifyDigestPkcs1, verifyDigestPss } from './rsa-digest.ts';

/** Of a message, its digest, or what ML-DSA makes of the message and the public key. */
export type MessageType = 'RAW' | 'DIGEST' | 'EXTERNAL_MU';

/** These hash messages by themselves. */
type WholeMessageAlgorithm = 'ED25519_SHA_512' | 'ML_DSA_SHAKE_256';

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
} as const satisfies Record<Exclude<SigningAlgorithm, WholeMessageAlgorithm>, readonly [Scheme, Hash]>;

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

/** How many bytes there are in place of a message; undefined when the algorithm does not sign them. */
export function preparedBytes(
  algorithm: SigningAlgorithm,
  type: Exclude<MessageType, 'RAW'>,
): number | undefined {
  if (type === 'EXTERNAL_MU') return algorithm === 'ML_DSA_SHAKE_256' ? MU_BYTES : undefined;
  return signsWholeMessages(algorithm) ? undefined : createHash(SCHEMES[algorithm][1]).digest().length;
}

/** ECDSA signatures are DER. What is not RAW must have the length that preparedBytes says. */
export function signMessage(
  secret: Buffer,
  algorithm: SigningAlgorithm,
  message: Buffer,
  type: MessageType,
): Buffer {
  const key = privateKeyOf(secret);
  if (signsWholeMessages(algorithm)) {
    return type === 'EXTERNAL_MU' ? signMu(key, message) : sign(null, message, key);
  }
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
  const privateKey = privateKeyOf(secret);
  if (type === 'EXTERNAL_MU') return isSignatureOfMu(privateKey, message, signature);
  const key = createPublicKey(privateKey);
  if (signsWholeMessages(algorithm)) return verify(null, message, key, signature);
  const [scheme, hash] = SCHEMES[algorithm];
  return type === 'RAW'
    ? verify(hash, message, { key, ...PADDINGS[scheme] }, signature)
    : DIGEST_SCHEMES[scheme].verify(key, message, signature, hash);
}

function signsWholeMessages(algorithm: SigningAlgorithm): algorithm is WholeMessageAlgorithm {
  return algorithm === 'ED25519_SHA_512' || algorithm === 'ML_DSA_SHAKE_256';
}
