import type { Kms } from './kms.ts';
import type { KmsKey } from './store/keys.ts';

/** A key in the account and Region in which it is. */
export interface LocatedKey {
  readonly kms: Kms;
  readonly key: KmsKey;
}

/** The primary key and all its replicas, this key among them; a single-Region key is alone. */
export function relatedKeys(kms: Kms, { id }: Pick<KmsKey, 'id'>): LocatedKey[] {
  const { accountId } = kms.account;
  return kms.keys.regionsOf(id).flatMap((region) => {
    const there = kms.in({ accountId, region });
    const key = there.keys.find(id);
    return key === undefined ? [] : [{ kms: there, key }];
  });
}

/** The key itself, unless it is a replica; undefined when its primary key is not seen. */
export function primaryOf(related: readonly LocatedKey[]): LocatedKey | undefined {
  return related.find(({ key }) => key.multiRegionType !== 'REPLICA');
}

export function replicasOf(related: readonly LocatedKey[]): LocatedKey[] {
  return related.filter(({ key }) => key.multiRegionType === 'REPLICA');
}
