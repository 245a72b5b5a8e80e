import { createECDH, type KeyObject } from 'node:crypto';
import { decodeEcdsaSignature, encodeEcdsaSignature } from './ecdsa-signature.ts';
import {
  type CurveName,
  combination,
  curveOf,
  hasX,
  integerOf,
  inverse,
  isCurveName,
  modulo,
  multipleOfBase,
  point,
} from './elliptic-curves.ts';

/** ECDSA (FIPS 186-5, 6.4) over a digest that is already made, and is no longer than the curve's order. */

export function signDigestEcdsa(key: KeyObject, digest: Buffer): Buffer {
  const name = curveName(key);
  const { n } = curveOf(name);
  const d = integerOf(coordinate(key, 'd'));
  for (;;) {
    // A fresh pair of keys is a fresh random scalar k and its point k * base.
    const ecdh = createECDH(name);
    ecdh.generateKeys();
    const k = ecdh.getPrivateKey();
    const r = modulo(multipleOfBase(name, k).x, n);
    const s = modulo(inverse(integerOf(k), n) * (integerOf(digest) + r * d), n);
    if (r !== 0n && s !== 0n) return encodeEcdsaSignature(r, s);
  }
}

export function verifyDigestEcdsa(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const decoded = decodeEcdsaSignature(signature);
  if (decoded === undefined) return false;
  const { r, s } = decoded;
  const curve = curveOf(curveName(key));
  if (r < 1n || r >= curve.n || s < 1n || s >= curve.n) return false;
  const w = inverse(s, curve.n);
  const publicPoint = point(coordinate(key, 'x'), coordinate(key, 'y'));
  const u1 = modulo(integerOf(digest) * w, curve.n);
  return hasX(curve, combination(curve, u1, modulo(r * w, curve.n), publicPoint), r);
}

function curveName(key: KeyObject): CurveName {
  const name = key.asymmetricKeyDetails?.namedCurve;
  if (!isCurveName(name)) throw new TypeError(`No ECDSA on the curve ${name}.`);
  return name;
}

function coordinate(key: KeyObject, member: 'd' | 'x' | 'y'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[member] ?? '', 'base64url');
}
