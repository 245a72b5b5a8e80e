import { ClassForbids } from './errors.ts';
import type { KeySpec, KeyUsage } from './key.ts';

/** The KMS actions by which a key of one spec and usage is used. */
export interface KeyUse {
  /** What applies protection: ends with the originator-usage period. */
  readonly protect: readonly string[];
  /** What processes protected data: ends with the recipient-usage period. */
  readonly process: readonly string[];
}

/**
 * The spec and usage pairs that KMS accepts and Keyward manages. Data key pairs are left out on purpose: KMS would make
 * one under any symmetric key, and it would be an asymmetric key that no class governs.
 */
const uses: Readonly<Record<KeySpec, Partial<Record<KeyUsage, KeyUse>>>> = {
  SYMMETRIC_DEFAULT: {
    ENCRYPT_DECRYPT: {
      protect: [
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptTo',
      ],
      process: ['kms:Decrypt', 'kms:ReEncryptFrom'],
    },
  },
  ECC_NIST_P256: {
    SIGN_VERIFY: { protect: ['kms:Sign'], process: ['kms:Verify', 'kms:GetPublicKey'] },
  },
};

/** Every KMS action that uses key material, in KMS's names. */
export const cryptographicActions: readonly string[] = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:Sign',
  'kms:Verify',
  'kms:GetPublicKey',
  'kms:GenerateMac',
  'kms:VerifyMac',
  'kms:DeriveSharedSecret',
  'kms:Encapsulate',
  'kms:Decapsulate',
];

export function isValidPair(spec: KeySpec, usage: KeyUsage): boolean {
  return uses[spec][usage] !== undefined;
}

/** Throws ClassForbids when KMS has no such key. */
export function useOf(spec: KeySpec, usage: KeyUsage): KeyUse {
  const use = uses[spec][usage];
  if (use === undefined) {
    throw new ClassForbids(
      `A ${spec} key cannot be used for ${usage}. Choose a spec and usage that go together.`,
      {
        spec,
        usage,
      },
    );
  }
  return use;
}
