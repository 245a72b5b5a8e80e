import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { privateKeyOf } from './material.ts';

/**
 * The shared secret of ECDH, the x coordinate as long as the field (SP 800-56A, 5.7.1.2; the NIST curves have
 * the cofactor 1). Undefined when the peer's key, as SubjectPublicKeyInfo DER, is not a point of the same curve.
 */
export function sharedSecret(secret: Buffer, peerKey: Buffer): Buffer | undefined {
  const privateKey = privateKeyOf(secret);
  const publicKey = parsedPublicKey(peerKey);
  if (publicKey === undefined || curveOf(publicKey) !== curveOf(privateKey)) return undefined;
  return diffieHellman({ privateKey, publicKey });
}

/** OpenSSL refuses a point that is not on its curve. */
function parsedPublicKey(bytes: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

const curveOf = (key: KeyObject) => key.asymmetricKeyDetails?.namedCurve;
