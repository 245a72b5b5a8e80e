import { invalidKeyUsage } from '../errors.ts';
import { type EncryptionAlgorithm, type KeyUsage, type SigningAlgorithm, specFacts } from '../key-specs.ts';
import type { KmsKey } from '../store/keys.ts';

/** Throws InvalidKeyUsageException when the key is for something else. */
export function requireUsage(key: KmsKey, usage: KeyUsage, operation: string): void {
  if (key.usage !== usage) {
    throw invalidKeyUsage(`${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`);
  }
}

/** Throws InvalidKeyUsageException when the key's spec does not have the algorithm. */
export function requireAlgorithm(
  key: KmsKey,
  purpose: 'encryption' | 'signing',
  algorithm: EncryptionAlgorithm | SigningAlgorithm,
): void {
  const offered: readonly string[] = specFacts(key.spec)[purpose];
  if (!offered.includes(algorithm)) {
    throw invalidKeyUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
}
