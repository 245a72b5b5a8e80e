import type { Directory } from '../../../adapters/directory.ts';
import type { Passkeys } from '../../../adapters/passkeys.ts';
import type { Policies } from '../../../adapters/policy-files.ts';
import type { Registry } from '../../../adapters/registry/registry.ts';
import type { Clock } from '../../../domain/clock.ts';
import type { Principal } from '../../../domain/principal.ts';
import type { DecisionDependencies } from '../../take-decision.ts';
import type { Seal } from '../seal.ts';

/**
 * Stops a key at once, as a custodian of it. Checks again who may. `ratification` is the request by which the quorum
 * agrees afterwards, when it could be made at once.
 */
export type StopKey = (
  person: Principal,
  keyId: string,
  reason: string,
) => Promise<{ readonly requestId: string; readonly ratification?: string }>;

export interface ApiDependencies extends Pick<DecisionDependencies, 'approvalKey' | 'authorization'> {
  readonly registry: DecisionDependencies['registry'] &
    Pick<
      Registry,
      | 'putPasskey'
      | 'listRequests'
      | 'listKeys'
      | 'getWholeLedger'
      | 'absencesOf'
      | 'beginAbsence'
      | 'putAbsence'
      | 'putSlackCode'
      | 'slackAccountOf'
      | 'unlinkSlackAccount'
    >;
  readonly directory: Directory;
  readonly passkeys: Passkeys;
  readonly policies: Pick<Policies, 'classes' | 'access'>;
  /** What requests go by; sessions go by real time. */
  readonly clock: Clock;
  /** A new ULID. */
  readonly newId: () => string;
  readonly stopKey: StopKey;
  readonly seal: Seal;
  /** The absolute URL of the portal, without a slash at its end. */
  readonly address: string;
}
