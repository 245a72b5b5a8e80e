import { createECDH } from 'node:crypto';

/**
 * The arithmetic on short Weierstrass curves that node:crypto does not offer: adding multiples of points.
 * It handles public values only (a signature and a public key), so it need not run in constant time.
 */
export interface Curve {
  /** The prime of the field, and the order of the base point. */
  readonly p: bigint;
  readonly n: bigint;
  readonly a: bigint;
  readonly base: Point;
}

/** Jacobian coordinates: x = X / Z^2, y = Y / Z^3; Z is 0 at infinity. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const INFINITY: Point = { x: 1n, y: 1n, z: 0n };

/** SEC 2; the names are OpenSSL's. */
const PARAMETERS = {
  prime256v1: {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    a: -3n,
  },
  secp384r1: {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    a: -3n,
  },
  secp521r1: {
    p: 2n ** 521n - 1n,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    a: -3n,
  },
  secp256k1: {
    p: 2n ** 256n - 2n ** 32n - 977n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    a: 0n,
  },
} as const;

export type CurveName = keyof typeof PARAMETERS;

export function isCurveName(name: string | undefined): name is CurveName {
  return name !== undefined && Object.hasOwn(PARAMETERS, name);
}

export function curveOf(name: CurveName): Curve {
  return { ...PARAMETERS[name], base: multipleOfBase(name, Buffer.of(1)) };
}

/** The base point times a secret scalar: done by OpenSSL, in constant time. */
export function multipleOfBase(name: CurveName, scalar: Buffer): Point {
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(scalar);
  const encoded = ecdh.getPublicKey();
  const half = (encoded.length - 1) / 2;
  return point(encoded.subarray(1, 1 + half), encoded.subarray(1 + half));
}

/** A point of big-endian affine coordinates. */
export function point(x: Buffer, y: Buffer): Point {
  return { x: integerOf(x), y: integerOf(y), z: 1n };
}

/** `u1 * base + u2 * other`. */
export function combination(curve: Curve, u1: bigint, u2: bigint, other: Point): Point {
  return add(curve, multiply(curve, u1, curve.base), multiply(curve, u2, other));
}

/** Whether the affine x of the point is r, modulo the order of the base point. */
export function hasX(curve: Curve, { x, z }: Point, r: bigint): boolean {
  if (z === 0n) return false;
  for (let candidate = r; candidate < curve.p; candidate += curve.n) {
    if (modulo(candidate * z * z, curve.p) === x) return true;
  }
  return false;
}

export function integerOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}

export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** The inverse modulo a prime, by Fermat. */
export function inverse(value: bigint, prime: bigint): bigint {
  let result = 1n;
  let power = modulo(value, prime);
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * power) % prime;
    power = (power * power) % prime;
  }
  return result;
}

function multiply(curve: Curve, scalar: bigint, of: Point): Point {
  let result = INFINITY;
  let power = of;
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = add(curve, result, power);
    power = double(curve, power);
  }
  return result;
}

function double({ p, a }: Curve, { x, y, z }: Point): Point {
  const yy = y * y;
  const s = 4n * x * yy;
  const m = 3n * x * x + a * z ** 4n;
  const x3 = modulo(m * m - 2n * s, p);
  return { x: x3, y: modulo(m * (s - x3) - 8n * yy * yy, p), z: modulo(2n * y * z, p) };
}

function add(curve: Curve, one: Point, two: Point): Point {
  if (one.z === 0n) return two;
  if (two.z === 0n) return one;
  const { p } = curve;
  const u1 = one.x * two.z ** 2n;
  const s1 = one.y * two.z ** 3n;
  const h = modulo(two.x * one.z ** 2n - u1, p);
  const r = modulo(two.y * one.z ** 3n - s1, p);
  if (h === 0n) return r === 0n ? double(curve, one) : INFINITY;
  const hh = h * h;
  const x3 = modulo(r * r - hh * h - 2n * u1 * hh, p);
  return { x: x3, y: modulo(r * (u1 * hh - x3) - s1 * hh * h, p), z: modulo(h * one.z * two.z, p) };
}
