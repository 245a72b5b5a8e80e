import type { Kms } from '../kms.ts';
import type { RecordFields } from '../recorded-fields.ts';
import type { BackingKey } from '../store/backing-keys.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import type { KmsKey } from '../store/keys.ts';

/** What CloudTrail records, as additionalEventData, of the custom key store of a call about that. */
export function recordedStore({ name, access }: CustomKeyStore): RecordFields {
  return { customKeyStoreName: name, clusterId: access.clusterId };
}

/** Of the key in a custom key store that a cryptographic operation uses; nothing for another key. */
export function recordedUse(kms: Kms, key: KmsKey): RecordFields | undefined {
  const backing = kms.backingKeys.find(key.id);
  return backing && { customKeyStoreId: backing.customKeyStoreId, backingKeyId: backing.backingKeyId };
}

export function recordedCreation(backing: BackingKey): RecordFields {
  return { backingKey: JSON.stringify({ backingKeyId: backing.backingKeyId }) };
}

/** Of the material that is deleted with a key; nothing for a key that is in no custom key store. */
export function recordedDeletion(kms: Kms, key: KmsKey, succeeded?: boolean): RecordFields | undefined {
  const backing = kms.backingKeys.find(key.id);
  if (backing === undefined) return undefined;
  const { customKeyStoreId, backingKeyId } = backing;
  const deletionStatus = succeeded === true ? 'SUCCESS' : 'FAILURE';
  return {
    customKeyStoreId,
    clusterId: kms.customKeyStores.find(customKeyStoreId)?.access.clusterId,
    backingKeys: JSON.stringify([{ backingKeyId }]),
    ...(succeeded === undefined
      ? {}
      : { backingKeysDeletionStatus: JSON.stringify([{ backingKeyId, deletionStatus }]) }),
  };
}
