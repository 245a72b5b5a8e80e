import type { ApprovalKey } from '../adapters/approval-key.ts';
import type { Authorization } from '../adapters/authorization.ts';
import type { Directory } from '../adapters/directory.ts';
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
    | 'putConsumer'
    | 'consumersOf'
    | 'absencesOf'
  >;
  readonly directory: Pick<Directory, 'membersOf'>;
  readonly approvalKey: Pick<ApprovalKey, 'keyArn' | 'publicKey'>;
  readonly policies: Pick<Policies, 'classes' | 'access'>;
  readonly authorization: Authorization;
  readonly clock: Clock;
  /** A new ULID. */
  readonly newId: () => string;
  /** 32 random bytes, lower-case hex. */
  readonly randomNonce: () => string;
}
