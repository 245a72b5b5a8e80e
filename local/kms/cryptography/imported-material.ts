import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type KeySpec, specFacts } from '../key-specs.ts';
import { integerOf } from './elliptic-curves.ts';

/** Of the secret of an HMAC key; one that is longer is hashed by its owner first. */
const LONGEST_MAC_SECRET_BYTES = 128;

/** DER of the identifier `id-ecPublicKey`, which the curve's own identifier follows (RFC 5480, 2.1.1). */
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const OBJECT_IDENTIFIER = 0x06;

/**
 * The material as a key of this spec keeps it, one form for one key: the secret bytes, or the private key as PKCS #8 DER.
 * Undefined when it is not material for the spec: of another length or kind, inconsistent, with explicit curve
 * parameters, or with more than two primes.
 */
export function importedMaterial(spec: KeySpec, bytes: Buffer): Buffer | undefined {
  const { material, mac } = specFacts(spec);
  if (typeof material === 'object' && 'secretBytes' in material) {
    const longest = mac.length > 0 ? LONGEST_MAC_SECRET_BYTES : material.secretBytes;
    return bytes.length >= material.secretBytes && bytes.length <= longest ? bytes : undefined;
  }
  const key = parsedPrivateKey(bytes);
  if (key === undefined || !isOfSpec(key, spec) || !isConsistent(key)) return undefined;
  // A JWK has the whole public key, also where the encoding has none, or a compressed one.
  const whole = createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  return whole.export({ format: 'der', type: 'pkcs8' });
}

/** The id of material in a key: the same whenever the same material is imported, and another one in another key. */
export function importedMaterialId(keyId: string, material: Buffer): string {
  return createHmac('sha256', material).update(keyId).digest('hex');
}

function parsedPrivateKey(bytes: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

function isOfSpec(key: KeyObject, spec: KeySpec): boolean {
  const { material } = specFacts(spec);
  if (material === 'ed25519') return key.asymmetricKeyType === 'ed25519';
  if ('rsa' in material) {
    return (
      key.asymmetricKeyType === 'rsa' &&
      key.asymmetricKeyDetails?.modulusLength === material.rsa &&
      hasTwoPrimes(key)
    );
  }
  return (
    'curve' in material &&
    key.asymmetricKeyType === 'ec' &&
    key.asymmetricKeyDetails?.namedCurve === material.curve &&
    namesItsCurve(key)
  );
}

/** OpenSSL knows a named curve by its explicit parameters too. */
function namesItsCurve(key: KeyObject): boolean {
  const encoded = key.export({ format: 'der', type: 'pkcs8' });
  return encoded[encoded.indexOf(EC_PUBLIC_KEY) + EC_PUBLIC_KEY.length] === OBJECT_IDENTIFIER;
}

function hasTwoPrimes(key: KeyObject): boolean {
  const { n = '', p = '', q = '' } = key.export({ format: 'jwk' });
  const integer = (text: string) => integerOf(Buffer.from(text, 'base64url'));
  return integer(p) * integer(q) === integer(n);
}

/** Whether the private and the public part, which both are in the encoding, are of one key. */
function isConsistent(key: KeyObject): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const message = Buffer.from('consistent');
  try {
    return verify(hash, message, createPublicKey(key), sign(hash, message, key));
  } catch {
    return false;
  }
}
