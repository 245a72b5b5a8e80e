import { algorithmsFor, encryptsSymmetrically, type KeyUsage } from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import type { JsonObject } from '../operation.ts';
import { type RecordFields, recordedDate, recordedFields } from '../recorded-fields.ts';
import type { KmsKey } from '../store/keys.ts';

/** KeyMetadata as DescribeKey and CreateKey answer it. */
export function keyMetadata(kms: Kms, key: KmsKey): JsonObject {
  return {
    AWSAccountId: kms.account.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: epochSeconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    ...(key.deletionAt === null ? {} : { DeletionDate: epochSeconds(key.deletionAt) }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...algorithms(key),
    MultiRegion: false,
    ...(encryptsSymmetrically(key.spec) ? { CurrentKeyMaterialId: kms.materials.current(key.id).id } : {}),
  };
}

/** The algorithms that the key is for, under the name that its usage gives them. */
export function algorithms(key: KmsKey): JsonObject {
  return { [ALGORITHMS_MEMBER[key.usage]]: algorithmsFor(key.spec, key.usage) };
}

const ALGORITHMS_MEMBER = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
} as const satisfies Record<KeyUsage, string>;

/** KeyMetadata in CloudTrail's words. */
export function recordedMetadata(kms: Kms, key: KmsKey): RecordFields {
  return {
    keyMetadata: { ...recordedFields(keyMetadata(kms, key)), creationDate: recordedDate(key.createdAt) },
  };
}

/** How the AWS JSON protocol writes a time. */
export function epochSeconds(epochMilliseconds: number): number {
  return epochMilliseconds / 1000;
}
