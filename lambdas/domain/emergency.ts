import { type Change, type ChangeDraft, recordChange } from './change.ts';
import { plusDuration } from './cryptoperiod.ts';
import { Forbidden, MfaRequired, StateForbids } from './errors.ts';
import type { Emergency, KeyRecord, VersionRecord } from './key.ts';
import { emergencyRuleOf, type KeyClass } from './key-class.ts';
import { assertOperationAllowed } from './lifecycle.ts';
import { type Actor, actorOf, type Principal } from './principal.ts';
import { LARGEST_QUORUM, type RequestRecord } from './request.ts';
import { newRequest, submitOperation } from './submission.ts';
import { live } from './versions.ts';

/** How long the key is held for the emergency after its last progress. */
const LEASE = 'PT15M';
/** How often an emergency that nobody has ratified in time is told again. */
const RING_EVERY = 'PT1H';

/** Whether somebody may stop keys of this class at once. */
export function isCustodian(
  { emergency }: Pick<KeyClass, 'emergency'>,
  { groups }: Pick<Principal, 'groups'>,
  owner: string,
): boolean {
  const custodians = emergency?.custodians ?? [];
  return custodians.some((group) => groups.includes(group === 'owner' ? owner : group));
}

/**
 * Throws Forbidden unless the person is a custodian of the key's class, MfaRequired without a second factor, and
 * ClassForbids when the class has no custodians.
 */
export function assertCustodian(keyClass: KeyClass, person: Principal, owner: string): void {
  const { custodians: groups } = emergencyRuleOf(keyClass);
  if (person.kind !== 'person' || !isCustodian(keyClass, person, owner)) {
    throw new Forbidden(
      `Only custodians stop a key at once. Ask somebody of: ${groups.join(', ')}; or ask for a revocation.`,
      { groups },
    );
  }
  if (!person.mfa) {
    throw new MfaRequired(
      'Stopping a key takes a sign-in with a second factor. Sign in again with one, and stop it then.',
    );
  }
}

/**
 * The one way to disable a key without an approval. The request begins to execute as it is made, and takes the key from
 * whatever request holds it: the steps of that one find their lease lost and stop. Throws StateForbids when the key is
 * stopped already or cannot be.
 */
export function beginEmergency(input: {
  readonly now: string;
  /** Checked by `assertCustodian`, or let in by IAM for a direct invocation. */
  readonly custodian: Principal;
  readonly via: 'api' | 'page' | 'direct';
  readonly keyClass: KeyClass;
  readonly reason: string;
  readonly ids: { readonly requestId: string; readonly nonce: string };
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  /** The ARN of a KMS key that was found enabled although the key is stopped: somebody else has put it back. */
  readonly enabledOutside?: string;
}): Change {
  const { now, custodian, via, keyClass, reason, ids, key, versions, enabledOutside } = input;
  if (enabledOutside === undefined) {
    assertNotStopped(key, versions);
    assertOperationAllowed(key, { operation: 'emergency-revoke' });
  }
  const { requestId } = ids;
  if (key.openRequests['emergency-revoke'] !== undefined) {
    throw new StateForbids('An emergency of this key is under way already.', {
      keyState: key.state,
      requestId: key.openRequests['emergency-revoke'],
    });
  }
  const submission = { now, requester: custodian, keyClass, reason };
  const request = newRequest(submission, ids, { operation: 'emergency-revoke' }, key.keyId, key.owner);
  const { quorum } = request.approval;
  const takenFrom = key.lease?.requestId;
  return recordChange({
    now,
    actor: actorOf(custodian),
    key: {
      before: key,
      after: {
        ...key,
        classHash: keyClass.hash,
        lease: { requestId, until: plusDuration(now, LEASE) },
        openRequests: { ...key.openRequests, 'emergency-revoke': requestId },
      },
    },
    request: { after: { ...request, state: 'executing' } },
    entries: [
      {
        event: 'requested',
        details: {
          parameters: request.parameters,
          reason,
          digest: request.digest,
          quorum,
          emergency: 'without an approval: a custodian stops the key, the quorum ratifies afterwards',
          via,
          mfa: custodian.mfa,
          ...(enabledOutside === undefined ? {} : { enabledOutside }),
        },
      },
      {
        event: 'execution-started',
        details: {
          operation: 'emergency-revoke',
          ...(takenFrom === undefined ? {} : { leaseTakenFrom: takenFrom }),
        },
      },
    ],
  });
}

/** Whether nobody may use the key, as the record has it. A deactivated one can be used to read until it is stopped. */
export function isStopped({ state }: Pick<KeyRecord, 'state'>, versions: readonly VersionRecord[]): boolean {
  return (
    state === 'suspended' ||
    state === 'compromised' ||
    state === 'destroyed' ||
    (state === 'deactivated' && !live(versions).some(({ backendState }) => backendState === 'Enabled'))
  );
}

/** Whoever wants a key stopped is best told that it is. */
function assertNotStopped(key: KeyRecord, versions: readonly VersionRecord[]): void {
  if (!isStopped(key, versions)) return;
  const { state, emergency } = key;
  throw new StateForbids(
    `This key is stopped already: it is ${state}, and KMS lets nobody use it. If it has leaked, ask for a revocation with the mode compromise.`,
    { keyState: state, ...(emergency === undefined ? {} : { requestId: emergency.requestId }) },
  );
}

/**
 * What a key is told of its emergency when it has been seen to be stopped. The request says how long the quorum has, so
 * that a class that has lost its rule since keeps no key half stopped.
 */
export function emergencyOf(
  { requestId, requester, approval }: Pick<RequestRecord, 'requestId' | 'requester' | 'approval'>,
  now: string,
): Emergency {
  return {
    requestId,
    by: requester,
    stoppedAt: now,
    status: 'unratified',
    ringsAt: plusDuration(now, approval.expiresAfter),
  };
}

/** Whether a ratification speaks of the emergency that the key stands under, and not of one before it. */
export function isAbout(
  { emergency }: KeyRecord,
  { parameters }: Pick<RequestRecord, 'parameters'>,
): boolean {
  return parameters.operation === 'ratify' && parameters.emergencyRequestId === emergency?.requestId;
}

/** Whether the quorum has still to agree, or has not agreed, and the key stands stopped on one person's word. */
export function isUnsettled({ emergency }: Pick<KeyRecord, 'emergency'>): boolean {
  return emergency?.status === 'unratified' || emergency?.status === 'rejected';
}

/** Whether nobody is being asked to ratify, and it is to be asked. */
export function wantsRatification(key: KeyRecord): boolean {
  return key.emergency?.status === 'unratified' && key.openRequests.ratify === undefined;
}

/** The beginning of the id of somebody who said who they are, and of whom nobody else did. */
const CLAIMED = 'person:direct-invocation/';

/** Whoever stops a key by hand, by the name that they give: a claim, which is nobody's id. */
export function claimedCustodian(name: string): Principal {
  return {
    kind: 'person',
    id: `${CLAIMED}${name}`,
    name: `${name} (invoked directly)`,
    groups: [],
    mfa: true,
  };
}

/**
 * The class with the rule that a ratification goes by. Nobody counts who stopped the key; when nobody knows who that was
 * it may be one of those who ratify, so that one more has to.
 */
export function ratifyingClass(keyClass: KeyClass, custodian: Pick<Actor, 'id'>): KeyClass {
  const { custodians, ratification } = emergencyRuleOf(keyClass);
  if (!custodian.id.startsWith(CLAIMED)) return keyClass;
  const quorum = Math.min(ratification.quorum + 1, LARGEST_QUORUM);
  return { ...keyClass, emergency: { custodians, ratification: { ...ratification, quorum } } };
}

/** Asks the quorum to ratify, in the custodian's name: so the custodian never counts. Throws StateForbids. */
export function submitRatification(input: {
  readonly now: string;
  readonly keyClass: KeyClass;
  readonly reason: string;
  readonly ids: { readonly requestId: string; readonly nonce: string };
  readonly key: KeyRecord;
}): Change {
  const { key, keyClass, ...submission } = input;
  const { emergency } = key;
  if (emergency === undefined || emergency.status !== 'unratified') {
    throw new StateForbids('No emergency of this key waits to be ratified.', { keyState: key.state });
  }
  return submitOperation({
    ...submission,
    keyClass: ratifyingClass(keyClass, emergency.by),
    key,
    requester: { ...emergency.by, groups: [], mfa: true },
    parameters: { operation: 'ratify', emergencyRequestId: emergency.requestId },
  });
}

/** The alert has rung and rings again later: the ledger tells how often nobody heard it. */
export function recordRing({
  now,
  actor,
  key,
}: {
  readonly now: string;
  readonly actor: Actor;
  readonly key: KeyRecord & { readonly emergency: Emergency };
}): Change {
  const { emergency } = key;
  return recordChange({
    now,
    actor,
    key: {
      before: key,
      after: { ...key, emergency: { ...emergency, ringsAt: plusDuration(now, RING_EVERY) } },
    },
    entries: [
      { event: 'alert-repeated', details: { about: emergency.status, request: emergency.requestId } },
    ],
  });
}

/** The key after the quorum has said no to its emergency: it stays stopped, and rings at once. */
export function rejected(
  key: KeyRecord,
  ratification: Pick<RequestRecord, 'parameters'>,
  now: string,
): Pick<ChangeDraft, 'entries'> & { readonly key: KeyRecord } {
  return key.emergency?.status !== 'unratified' || !isAbout(key, ratification)
    ? { key, entries: [] }
    : {
        key: { ...key, emergency: { ...key.emergency, status: 'rejected', ringsAt: now } },
        entries: [{ event: 'ratification-rejected', details: { request: key.emergency.requestId } }],
      };
}

/** The key when its emergency is settled in this way; one that is settled already, or never was one, stays as it is. */
export function settledEmergency<K extends KeyRecord>(
  key: K,
  status: Extract<Emergency['status'], 'ratified' | 'reinstated' | 'superseded'>,
): K {
  return key.emergency !== undefined && isUnsettled(key)
    ? { ...key, emergency: { ...key.emergency, status } }
    : key;
}
