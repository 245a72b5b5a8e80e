import type { EncryptionContext } from '../cryptography/symmetric.ts';
import { invalidKeyUsage } from '../errors.ts';
import { encryptsSymmetrically } from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import type { KmsKey } from '../store/keys.ts';
import { encryptWith, type Made } from './ciphertexts.ts';
import { requireUsage } from './key-usage.ts';

/** Encrypts a data key, or the private half of a data key pair. Throws InvalidKeyUsageException. */
export function protectDataKey(
  kms: Kms,
  key: KmsKey,
  context: EncryptionContext | undefined,
  dataKey: Buffer,
  operation: string,
): Made {
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  if (!encryptsSymmetrically(key.spec)) {
    throw invalidKeyUsage('You cannot generate a data key with an asymmetric CMK');
  }
  return encryptWith(kms, key, { algorithm: 'SYMMETRIC_DEFAULT', context }, dataKey, operation);
}
