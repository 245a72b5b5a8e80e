import { type Change, type ChangeDraft, recordChange } from './change.ts';
import { nextRotation, periods } from './cryptoperiod.ts';
import { emergencyOf, isAbout, settledEmergency } from './emergency.ts';
import { BackendStateUnexpected } from './errors.ts';
import type { Execution } from './execution.ts';
import type { BackendState, Destruction, KeyRecord, KeyState, VersionRecord } from './key.ts';
import type { KeyClass } from './key-class.ts';
import { assertTransition } from './lifecycle.ts';
import type { RequestRecord } from './request.ts';
import { endRequest, endWithoutSuccess, releaseKey } from './request-end.ts';
import { live, unbornVersion, usableVersions } from './versions.ts';

/** An execution whose effects in the backend have been seen, about to be recorded. */
export type Completion = Execution & { readonly versions: readonly VersionRecord[] };

/** The first version, or the successor of the current one, takes over. The request succeeds. */
export function completeActivation(completion: Completion & { readonly keyClass: KeyClass }): Change {
  const { now, request, key, versions, keyClass } = completion;
  const next = unbornVersion(completion);
  if (next?.probe === undefined) {
    throw new BackendStateUnexpected('No probed version waits for activation. Read the ledger of the key.', {
      keyId: key.keyId,
    });
  }
  const former = live(versions).find(({ version }) => version === key.currentVersion);
  const due = nextRotation(keyClass, now);
  const { rotationDue: _past, ...bare } = key;
  return succeed(completion, {
    key: {
      ...bare,
      state: moved(key.state, 'active'),
      currentVersion: next.version,
      ...(due === undefined ? {} : { rotationDue: due }),
    },
    versions: [
      ...(former === undefined
        ? []
        : [
            {
              before: former,
              after: { ...former, state: moved(former.state, 'deactivated'), deactivatedAt: now },
            },
          ]),
      {
        before: next,
        after: { ...next, state: moved(next.state, 'active'), activatedAt: now, ...periods(keyClass, now) },
      },
    ],
    entry: {
      event: key.currentVersion === 0 ? 'activated' : 'rotated',
      details: {
        version: next.version,
        ...(key.currentVersion === 0 ? {} : { formerVersion: key.currentVersion }),
        ...(request.parameters.operation === 'rotate' ? { cause: request.parameters.cause } : {}),
      },
    },
  });
}

/** Use of the key has been seen to fail. Suspended can be undone; compromised never. */
export function completeRevocation(completion: Completion): Change {
  const { now, request, key, versions } = completion;
  const compromise = request.parameters.operation === 'revoke' && request.parameters.mode === 'compromise';
  const state = compromise ? 'compromised' : 'suspended';
  return succeed(completion, {
    key: {
      ...settledEmergency(settled(key, state), 'superseded'),
      state: moved(key.state, state),
    },
    versions: changed(versions, (version) =>
      compromise ? compromised(version, now) : suspended(version, now),
    ),
    entry: { event: compromise ? 'compromised' : 'suspended', details: { reason: request.reason } },
  });
}

/**
 * A custodian's stop has been seen to work. The key is suspended, and says on whose word; one that was stopped before, and
 * that somebody else had enabled, stays what it was.
 */
export function completeEmergency(completion: Completion): Change {
  const { now, request, key, versions } = completion;
  const state = key.state === 'active' ? moved(key.state, 'suspended') : key.state;
  return succeed(completion, {
    key: {
      ...settled(key, state),
      state,
      emergency: emergencyOf(request, now),
    },
    versions: changed(versions, (version) => suspended(version, now)),
    entry: {
      event: 'emergency-revoked',
      details: { reason: request.reason, emergency: 'without an approval: nobody has ratified it yet' },
    },
  });
}

/** The quorum has agreed with an emergency. Nothing of the key changes but that; one that has come since is not meant. */
export function completeRatification(completion: Completion): Change {
  const { key, request } = completion;
  const { parameters } = request;
  const meant = isAbout(key, request);
  return succeed(completion, {
    key: meant ? settledEmergency(key, 'ratified') : key,
    versions: [],
    entry: {
      event: 'ratified',
      details: {
        emergency: parameters.operation === 'ratify' ? parameters.emergencyRequestId : '',
        standing: meant ? (key.emergency?.status ?? '') : 'over',
      },
    },
  });
}

/** The key has been seen to work again. */
export function completeReinstatement(completion: Completion): Change {
  const { key, versions } = completion;
  const state = broughtBack('active', key, versions);
  return succeed(completion, {
    key: { ...settledEmergency(settled(key, state), 'reinstated'), state: moved(key.state, state) },
    versions: changed(versions, enabledAgain),
    entry: { event: 'reinstated', details: { state } },
  });
}

/** KMS has shown every KMS key of the key as pending deletion, the last one until `deletionDate`. */
export function completeScheduling(completion: Completion & { readonly deletionDate: string }): Change {
  const { now, request, key, versions, deletionDate } = completion;
  const resumed = key.destruction?.status === 'interrupted' ? key.destruction.priorState : key.state;
  return succeed(completion, {
    key: {
      ...settledEmergency(key, 'superseded'),
      state: key.state === 'active' ? moved(key.state, 'suspended') : key.state,
      destruction: {
        status: 'scheduled',
        requestId: request.requestId,
        scheduledAt: now,
        deletionDate,
        priorState: resumed,
      },
    },
    versions: changed(versions, (version) => ({
      ...suspended(version, now),
      backendState: 'PendingDeletion',
    })),
    entry: { event: 'destruction-scheduled', details: { deletionDate } },
  });
}

/** Whether the key's KMS keys work again once its destruction is cancelled: they go back to what they were. */
export function worksAfterCancellation(key: KeyRecord): boolean {
  return key.destruction?.priorState === 'active' || key.destruction?.priorState === 'deactivated';
}

/** The deletion has been seen to be cancelled and the state from before to be back. */
export function completeCancellation(completion: Completion): Change {
  const { key, versions } = completion;
  if (key.destruction === undefined) {
    throw new BackendStateUnexpected('The key has no destruction to cancel.', { keyId: key.keyId });
  }
  const state = broughtBack(key.destruction.priorState, key, versions);
  const works = worksAfterCancellation(key);
  return succeed(completion, {
    key: {
      ...key,
      state: moved(key.state, state),
      destruction: over(key.destruction),
    },
    versions: changed(versions, (version) =>
      works ? enabledAgain(version) : { ...version, backendState: 'Disabled' },
    ),
    entry: { event: 'destruction-cancelled', details: { state } },
  });
}

/** The execution could not be carried through, and what could be undone has been. */
export function failExecution({
  now,
  actor,
  request,
  key,
  error,
}: Execution & { readonly error: NonNullable<RequestRecord['error']> }): Change {
  const end = endWithoutSuccess(key, request, now);
  return recordChange({
    now,
    actor,
    key: { before: key, after: end.key },
    request: { before: request, after: endRequest(request, 'failed', now, error) },
    entries: [{ event: 'failed', details: { code: error.code } }, ...end.entries],
    ...(end.alias === undefined ? {} : { alias: end.alias }),
  });
}

/**
 * A revocation or reinstatement decides anew what the key is: what an interrupted destruction would have gone back to
 * counts no more. Else its cancellation, which nobody has to approve, could bring a compromised key back into use. While
 * KMS still deletes some of the KMS keys it can be cancelled all the same, to what the key is now.
 */
function settled(key: KeyRecord, state: KeyState): KeyRecord {
  const { destruction } = key;
  if (destruction?.status !== 'interrupted') return key;
  return {
    ...key,
    destruction: destruction.dying === undefined ? over(destruction) : { ...destruction, priorState: state },
  };
}

function over({ dying: _none, ...destruction }: Destruction): Destruction {
  return { ...destruction, status: 'cancelled' };
}

/** What a key is when its KMS keys are back. Without the KMS key of its current version it protects nothing more. */
function broughtBack(wanted: KeyState, key: KeyRecord, versions: readonly VersionRecord[]): KeyState {
  const protects = live(versions).some(({ version }) => version === key.currentVersion);
  return wanted === 'active' && !protects ? 'deactivated' : wanted;
}

/** What KMS shows of a KMS key that has been stopped: one on its way to deletion stays there. */
function stopped({ backendState }: VersionRecord): BackendState {
  return backendState === 'PendingDeletion' ? backendState : 'Disabled';
}

/** What is done to a key is done to all that can be in use of it, also to what a lost execution has half made. */
function changed(
  versions: readonly VersionRecord[],
  change: (version: VersionRecord) => VersionRecord,
): NonNullable<ChangeDraft['versions']> {
  return usableVersions(versions).map((version) => ({ before: version, after: change(version) }));
}

/** One that is half made is judged when it is undone. */
function compromised(version: VersionRecord, now: string): VersionRecord {
  const { state } = version;
  const backendState = stopped(version);
  return state === 'pre-activation'
    ? { ...version, backendState }
    : { ...version, backendState, state: moved(state, 'compromised'), compromisedAt: now };
}

/** A version whose KMS key is disabled; one that was deactivated has nothing to be suspended from. */
function suspended(version: VersionRecord, now: string): VersionRecord & { backendState: BackendState } {
  const { state } = version;
  return state === 'active'
    ? { ...version, backendState: stopped(version), state: moved(state, 'suspended'), suspendedAt: now }
    : { ...version, backendState: stopped(version) };
}

function enabledAgain(version: VersionRecord): VersionRecord & { backendState: BackendState } {
  const { suspendedAt: _over, ...bare } = version;
  return version.state === 'suspended'
    ? { ...bare, state: moved(version.state, 'active'), backendState: 'Enabled' }
    : { ...version, backendState: 'Enabled' };
}

function moved(from: KeyState, to: KeyState): KeyState {
  if (from !== to) assertTransition(from, to);
  return to;
}

function succeed(
  { now, actor, request, key }: Execution,
  outcome: {
    readonly key: KeyRecord;
    readonly versions: NonNullable<ChangeDraft['versions']>;
    readonly entry: ChangeDraft['entries'][number];
  },
): Change {
  return recordChange({
    now,
    actor,
    key: { before: key, after: releaseKey(outcome.key, request) },
    versions: outcome.versions,
    request: { before: request, after: endRequest(request, 'succeeded', now) },
    entries: [outcome.entry],
  });
}
