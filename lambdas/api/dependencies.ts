import type { Policies } from '../adapters/policy-files.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';

export interface ApiDependencies {
  readonly registry: Pick<
    Registry,
    | 'getKey'
    | 'getKeyWithVersions'
    | 'getRequest'
    | 'getDecisions'
    | 'getLedger'
    | 'getWholeLedger'
    | 'listKeys'
    | 'listRequests'
    | 'holderOfAlias'
    | 'getIdempotency'
    | 'commit'
  >;
  readonly policies: Pick<Policies, 'classes' | 'access'>;
  readonly clock: Clock;
  /** A new ULID. */
  readonly newId: () => string;
  /** 32 random bytes, lower-case hex. */
  readonly randomNonce: () => string;
}
