import type { RecordFields } from '../audit/recorded-fields.ts';
import type { Kms } from '../kms.ts';
import type { BackingKey } from '../store/backing-keys.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import type { KmsKey } from '../store/keys.ts';
import { clusterIdOf } from './clusters.ts';

/** What CloudTrail records, as additionalEventData, of the custom key store of a call about that. */
export function recordedStore(store: CustomKeyStore): RecordFields {
  const clusterId = clusterIdOf(store);
  return { customKeyStoreName: store.name, ...(clusterId === undefined ? {} : { clusterId }) };
}

/** Of the key in a custom key store that a cryptographic operation uses; nothing for another key. */
export function recordedUse(kms: Kms, key: KmsKey): RecordFields | undefined {
  const backing = kms.backingKeys.find(key);
  if (backing === undefined) return undefined;
  const { customKeyStoreId, backingKeyId } = backing;
  return key.origin === 'EXTERNAL_KEY_STORE'
    ? { customKeyStoreId, xksKeyId: backingKeyId }
    : { customKeyStoreId, backingKeyId };
}

/** Of the material that was made in HSMs; a key that stands for an external key shows that in what was asked. */
export function recordedCreation({ origin }: KmsKey, backing: BackingKey): RecordFields | undefined {
  if (origin !== 'AWS_CLOUDHSM') return undefined;
  return { backingKey: JSON.stringify({ backingKeyId: backing.backingKeyId }) };
}

/** Of the material that is deleted with a key; nothing for a key that has none in HSMs. */
export function recordedDeletion(kms: Kms, key: KmsKey, succeeded?: boolean): RecordFields | undefined {
  const backing = kms.backingKeys.find(key);
  if (backing === undefined || key.origin !== 'AWS_CLOUDHSM') return undefined;
  const { customKeyStoreId, backingKeyId } = backing;
  const deletionStatus = succeeded === true ? 'SUCCESS' : 'FAILURE';
  return {
    customKeyStoreId,
    clusterId: clusterIdOf(kms.customKeyStores.find(customKeyStoreId)),
    backingKeys: JSON.stringify([{ backingKeyId }]),
    ...(succeeded === undefined
      ? {}
      : { backingKeysDeletionStatus: JSON.stringify([{ backingKeyId, deletionStatus }]) }),
  };
}
