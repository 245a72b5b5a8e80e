import { validation } from '../errors.ts';
import { encryptsSymmetrically, hasPublicKey, type KeyUsage } from '../key-specs.ts';
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

const MACS = ['GenerateMac', 'VerifyMac'] as const;

const AGREEMENT = ['DeriveSharedSecret'] as const;

const ENCAPSULATION = ['Encapsulate', 'Decapsulate'] as const;

/** Every operation that AWS KMS lets a grant allow. */
export const GRANT_OPERATIONS = [
  ...ANY_KEY,
  ...ENCRYPTION,
  ...DATA_KEYS,
  ...SIGNING,
  ...MACS,
  ...AGREEMENT,
  ...ENCAPSULATION,
  'GetPublicKey',
] as const;

const BY_USAGE = {
  ENCRYPT_DECRYPT: ENCRYPTION,
  SIGN_VERIFY: SIGNING,
  GENERATE_VERIFY_MAC: MACS,
  KEY_AGREEMENT: AGREEMENT,
  ENCAPSULATE_DECAPSULATE: ENCAPSULATION,
} as const satisfies Record<KeyUsage, readonly string[]>;

/** Throws when a grant on this key cannot allow one of the operations. */
export function checkGrantOperations(key: KmsKey, operations: readonly string[]): void {
  const allowed: ReadonlySet<string> = new Set([
    ...ANY_KEY,
    ...BY_USAGE[key.usage],
    ...(encryptsSymmetrically(key.spec) ? DATA_KEYS : []),
    ...(hasPublicKey(key.spec) ? ['GetPublicKey'] : []),
  ]);
  if (operations.every((operation) => operation === 'CreateGrant')) {
    throw validation('Grants must not contain only the CreateGrant operation.');
  }
  const wrong = operations.filter((operation) => !allowed.has(operation));
  if (wrong.length > 0) {
    throw validation(`A grant on a ${key.spec} key for ${key.usage} cannot allow ${wrong.join(', ')}.`);
  }
}
