import { invalidKeyUsage } from '../errors.ts';
import { algorithmsFor, type KeyUsage } from '../key-specs.ts';
import type { KmsKey } from '../store/keys.ts';

/** Throws InvalidKeyUsageException when the key is for something else. */
export function requireUsage(key: KmsKey, usage: KeyUsage, operation: string): void {
  if (key.usage !== usage) {
    throw invalidKeyUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`);
  }
}

/** Throws InvalidKeyUsageException when a key of this spec and usage does not have the algorithm. */
export function requireAlgorithm(key: KmsKey, algorithm: string): void {
  if (!algorithmsFor(key.spec, key.usage).includes(algorithm)) {
    throw invalidKeyUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
}
