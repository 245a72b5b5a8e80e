import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { MaterialKind } from '../key-specs.ts';
import { remembering } from '../remembering.ts';

const generate = promisify(generateKeyPair);

/**
 * New key material: secret bytes, or a private key as PKCS #8 DER, which for ML-DSA and ML-KEM holds both the
 * seed and the expanded key (RFC 9881, RFC 9935). RSA takes up to seconds.
 */
export async function generateMaterial(kind: MaterialKind): Promise<Buffer> {
  if (kind === 'ed25519') return privateKeyBytes(await generate('ed25519', undefined));
  if ('secretBytes' in kind) return randomBytes(kind.secretBytes);
  if ('mlDsa' in kind) return privateKeyBytes(await generate(kind.mlDsa, undefined));
  if ('mlKem' in kind) return privateKeyBytes(await generate(kind.mlKem, undefined));
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
