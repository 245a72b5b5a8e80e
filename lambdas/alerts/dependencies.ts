import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import type { TamperingFinding } from '../domain/tampering.ts';

/** What both channels run on. */
export interface AlertDependencies {
  readonly registry: Pick<
    Registry,
    'holderOfAlias' | 'keyIdOfKmsKey' | 'getKeyWithVersions' | 'commit' | 'isClaimed' | 'claimOnce'
  >;
  readonly publish: (finding: TamperingFinding) => Promise<void>;
  readonly clock: Clock;
  /** ARNs of the roles that are Keyward: what their sessions do is no finding. */
  readonly stepRoles: readonly string[];
}
