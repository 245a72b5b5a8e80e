import { type RecordFields, recordedDate, recordedFields } from '../audit/recorded-fields.ts';
import { clusterIdOf } from '../custom-key-stores/clusters.ts';
import { lastingMaterials } from '../key-import.ts';
import { algorithmsFor, encryptsSymmetrically, isOfCustomKeyStore, type KeyUsage } from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { type LocatedKey, primaryOf, relatedKeys, replicasOf } from '../multi-region.ts';
import type { JsonObject } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { currentOf } from '../store/materials.ts';

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
    ...(key.pendingWindowDays === null ? {} : { PendingDeletionWindowInDays: key.pendingWindowDays }),
    Origin: key.origin,
    ...customKeyStore(kms, key),
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...algorithms(key),
    MultiRegion: key.multiRegionType !== null,
    ...(key.multiRegionType === null ? {} : { MultiRegionConfiguration: multiRegionConfiguration(kms, key) }),
    ...(encryptsSymmetrically(key.spec) && !isOfCustomKeyStore(key.origin)
      ? { CurrentKeyMaterialId: currentOf(kms.materials.list(key.id))?.id }
      : {}),
    ...(key.origin === 'EXTERNAL' ? importedExpiration(kms, key) : {}),
  };
}

/** The first date on which the key loses material that it needs; nothing while none is there. */
function importedExpiration(kms: Kms, key: KmsKey): JsonObject {
  const there = lastingMaterials(kms, key.id).filter(({ secret }) => secret !== null);
  if (there.length === 0) return {};
  const dates = there.flatMap(({ validTo }) => (validTo === null ? [] : [validTo]));
  return expiration(dates.length === 0 ? null : Math.min(...dates));
}

/** Of imported material; `validTo` is in epoch milliseconds, and null for material that does not expire. */
export function expiration(validTo: number | null): JsonObject {
  return validTo === null
    ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: epochSeconds(validTo) };
}

function customKeyStore(kms: Kms, key: KmsKey): JsonObject {
  const backing = kms.backingKeys.find(key);
  if (backing === undefined) return {};
  const { customKeyStoreId: id, backingKeyId } = backing;
  return key.origin === 'EXTERNAL_KEY_STORE'
    ? { CustomKeyStoreId: id, XksKeyConfiguration: { Id: backingKeyId } }
    : { CustomKeyStoreId: id, CloudHsmClusterId: clusterIdOf(kms.customKeyStores.find(id)) };
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

function multiRegionConfiguration(kms: Kms, key: KmsKey): JsonObject {
  const related = relatedKeys(kms, key);
  const named = ({ kms: { account }, key: { arn } }: LocatedKey) => ({ Arn: arn, Region: account.region });
  const primary = primaryOf(related);
  return {
    MultiRegionKeyType: key.multiRegionType,
    ...(primary === undefined ? {} : { PrimaryKey: named(primary) }),
    ReplicaKeys: replicasOf(related).map(named),
  };
}

/** KeyMetadata in CloudTrail's words. */
export function recordedMetadata(kms: Kms, key: KmsKey): RecordFields {
  return { ...recordedFields(keyMetadata(kms, key)), creationDate: recordedDate(key.createdAt) };
}

/** How the AWS JSON protocol writes a time. */
export function epochSeconds(epochMilliseconds: number): number {
  return epochMilliseconds / 1000;
}
