import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeySpec, specFacts } from '../key-specs.ts';

const generate = promisify(generateKeyPair);

/** New key material: 32 bytes of AES-256, or a private key as PKCS #8 DER. RSA takes up to seconds. */
export async function generateMaterial(spec: KeySpec): Promise<Buffer> {
  const { material } = specFacts(spec);
  if (material === 'aes-256') return randomBytes(32);
  if (material === 'ed25519') return privateKeyBytes(await generate('ed25519', undefined));
  return 'rsa' in material
    ? privateKeyBytes(await generate('rsa', { modulusLength: material.rsa }))
    : privateKeyBytes(await generate('ec', { namedCurve: material.curve }));
}

export function privateKeyOf(secret: Buffer): KeyObject {
  return createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
}

function privateKeyBytes({ privateKey }: { privateKey: KeyObject }): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}
