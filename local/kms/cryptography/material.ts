import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { MaterialKind, MlKemParameters } from '../key-specs.ts';
import { remembering } from '../remembering.ts';

const generate = promisify(generateKeyPair);

/** PKCS #8 DER around the seed of an ML-KEM key (RFC 9935, 6): the same for all parameters but for the last byte of their identifier. */
const SEED_HEADER = {
  'ml-kem-512': Buffer.from('3054020100300b060960864801650304040104428040', 'hex'),
  'ml-kem-768': Buffer.from('3054020100300b060960864801650304040204428040', 'hex'),
  'ml-kem-1024': Buffer.from('3054020100300b060960864801650304040304428040', 'hex'),
} as const satisfies Record<MlKemParameters, Buffer>;

/**
 * New key material: secret bytes, or a private key as PKCS #8 DER. Of ML-DSA that holds both the seed and the expanded
 * key (RFC 9881), of ML-KEM the seed alone, as the data key pairs of AWS KMS do. RSA takes up to seconds.
 */
export async function generateMaterial(kind: MaterialKind): Promise<Buffer> {
  if (kind === 'ed25519') return privateKeyBytes(await generate('ed25519', undefined));
  if ('secretBytes' in kind) return randomBytes(kind.secretBytes);
  if ('mlDsa' in kind) return privateKeyBytes(await generate(kind.mlDsa, undefined));
  if ('mlKem' in kind) return seedBytes(kind.mlKem, await generate(kind.mlKem, undefined));
  return 'rsa' in kind
    ? privateKeyBytes(await generate('rsa', { modulusLength: kind.rsa }))
    : privateKeyBytes(await generate('ec', { namedCurve: kind.curve }));
}

/** The public half of a private key, as SubjectPublicKeyInfo DER. */
export function publicKeyBytes(secret: Buffer): Buffer {
  return createPublicKey(privateKeyOf(secret)).export({ format: 'der', type: 'spki' });
}

/** Reading a private key takes as long as a signature with it: the keys that are in use are kept. */
export function privateKeyOf(secret: Buffer): KeyObject {
  return recentKeys(secret.toString('latin1'));
}

const recentKeys = remembering(100, (bytes) =>
  createPrivateKey({ key: Buffer.from(bytes, 'latin1'), format: 'der', type: 'pkcs8' }),
);

function privateKeyBytes({ privateKey }: { privateKey: KeyObject }): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

function seedBytes(parameters: MlKemParameters, { privateKey }: { privateKey: KeyObject }): Buffer {
  return Buffer.concat([SEED_HEADER[parameters], privateKey.export({ format: 'raw-seed' })]);
}
