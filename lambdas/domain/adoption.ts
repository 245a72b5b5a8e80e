import type { KeyRecord } from './key.ts';
import { isSamePolicy } from './same-policy.ts';

/** What KMS shows of a KMS key that carries a request's tags. */
export interface Foundling {
  readonly kmsKey: {
    readonly keyState: string;
    readonly manager?: string;
    readonly origin?: string;
    readonly spec?: string;
    readonly usage?: string;
    readonly multiRegion: boolean;
    readonly inKeyStore: boolean;
  };
  readonly policy: string;
  readonly grants: number;
}

/**
 * What a KMS key has that an attempt of Keyward's own would not have given it; undefined for one that is in every respect
 * as Keyward makes it. Whoever may make keys and tag them can lay one in Keyward's way: material that they know, a policy
 * that is theirs, a grant to themselves or a copy in another Region would let them use what Keyward then calls its own.
 */
export function foreignTrait(
  { kmsKey, policy, grants }: Foundling,
  { spec, usage }: Pick<KeyRecord, 'spec' | 'usage'>,
  wantedPolicy: string,
): string | undefined {
  if (kmsKey.manager !== 'CUSTOMER') return 'manager';
  if (kmsKey.origin !== 'AWS_KMS' || kmsKey.inKeyStore) return 'origin';
  if (kmsKey.multiRegion) return 'multi-region';
  if (kmsKey.spec !== spec) return 'spec';
  if (kmsKey.usage !== usage) return 'usage';
  if (kmsKey.keyState !== 'Enabled') return 'state';
  if (!isSamePolicy(policy, wantedPolicy)) return 'policy';
  return grants === 0 ? undefined : 'grants';
}
