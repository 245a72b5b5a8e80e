import { validation } from '../errors.ts';
import { isSymmetric } from '../key-specs.ts';
import type { KmsKey } from '../store/keys.ts';

const ANY_KEY = ['CreateGrant', 'DescribeKey', 'RetireGrant'] as const;

const ENCRYPTION = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'] as const;

const DATA_KEYS = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
] as const;

const SIGNING = ['Sign', 'Verify'] as const;

/** Of kinds of keys that this server does not make. */
const OTHER_KEYS = ['GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate'] as const;

/** Every operation that AWS KMS lets a grant allow. */
export const GRANT_OPERATIONS = [
  ...ANY_KEY,
  ...ENCRYPTION,
  ...DATA_KEYS,
  ...SIGNING,
  ...OTHER_KEYS,
  'GetPublicKey',
] as const;

/** Throws when a grant on this key cannot allow one of the operations. */
export function checkGrantOperations(key: KmsKey, operations: readonly string[]): void {
  const allowed: readonly string[] = isSymmetric(key.spec)
    ? [...ANY_KEY, ...ENCRYPTION, ...DATA_KEYS]
    : [...ANY_KEY, 'GetPublicKey', ...(key.usage === 'SIGN_VERIFY' ? SIGNING : ENCRYPTION)];
  const wrong = operations.filter((operation) => !allowed.includes(operation));
  if (wrong.length > 0) {
    throw validation(`A grant on a ${key.spec} key for ${key.usage} cannot allow ${wrong.join(', ')}.`);
  }
}
