import { sha256Canonical } from './canonical.ts';
import { type Change, recordChange } from './change.ts';
import { isBefore, plusDuration } from './cryptoperiod.ts';
import { requestDigest } from './digest.ts';
import { LeaseHeld, LeaseLost, NotApproved, RequestClosed, VersionsExhausted } from './errors.ts';
import type { KeyRecord, ProbeArtefact, VersionRecord } from './key.ts';
import { assertOperationAllowed, assertTransition } from './lifecycle.ts';
import type { Actor } from './principal.ts';
import { assertApproved } from './quorum.ts';
import { type DecisionRecord, type Evidence, finalRequestStates, type RequestRecord } from './request.ts';
import { live, usableVersions } from './versions.ts';

/** How long a key is held for one request after its last progress. */
const LEASE = 'PT15M';

export interface Execution {
  readonly now: string;
  /** The step that speaks. */
  readonly actor: Actor;
  readonly request: RequestRecord;
  readonly key: KeyRecord;
}

/** What the approvers will weigh; the digest that they approve covers it. Only before anybody was asked. */
export function recordEvidence({
  now,
  actor,
  request,
  key,
  evidence,
}: Execution & { readonly evidence: Evidence }): Change {
  assertIn(request, ['accepted']);
  const { evidence: _former, ...bare } = request;
  const seen = { ...bare, evidence };
  const digest = requestDigest(seen);
  return recordChange({
    now,
    actor,
    key: { before: key, after: key },
    request: { before: request, after: { ...seen, digest } },
    entries: [{ event: 'evidence-collected', details: { digest, gaps: evidence.gaps } }],
  });
}

/**
 * The evidence looked at again while the request waits. When it shows something else than before, the digest is
 * another, and whoever has decided decides again: their decisions stay recorded and no longer count. Returns nothing to
 * commit when it shows the same.
 */
export function renewEvidence({
  now,
  actor,
  request,
  key,
  evidence,
}: Execution & { readonly evidence: Evidence }): Change | undefined {
  assertIn(request, ['awaiting-approval']);
  if (request.evidence === undefined || showsTheSame(request.evidence, evidence)) return undefined;
  const seen = { ...request, evidence };
  const digest = requestDigest(seen);
  return recordChange({
    now,
    actor,
    key: { before: key, after: key },
    request: { before: request, after: { ...seen, digest } },
    entries: [
      { event: 'evidence-changed', details: { digest, formerDigest: request.digest, gaps: evidence.gaps } },
    ],
  });
}

/** When it was looked at is no difference; neither is a use of the key like the one seen before. */
function showsTheSame(former: Evidence, latest: Evidence): boolean {
  const compared = ({ kmsKeys, consumers, gaps }: Evidence) =>
    sha256Canonical({
      kmsKeys: kmsKeys.map(({ lastUse, ...kmsKey }) => ({ ...kmsKey, used: lastUse?.at !== undefined })),
      consumers: consumers ?? [],
      gaps,
    });
  return compared(former) === compared(latest);
}

/** The request starts its wait for a quorum. */
export function awaitApproval({ now, actor, request, key }: Execution): Change {
  assertIn(request, ['accepted']);
  return recordChange({
    now,
    actor,
    key: { before: key, after: key },
    request: { before: request, after: { ...request, state: 'awaiting-approval' } },
    entries: [
      { event: 'approval-asked', details: { digest: request.digest, groups: request.approval.groups } },
    ],
  });
}

/**
 * The second check and the lease: a request begins to execute when its quorum stands, its operation is still allowed
 * and nobody else is changing the key. Throws NotApproved, StateForbids, VersionsExhausted, LeaseHeld or RequestClosed.
 */
export function beginExecution(
  execution: Execution & {
    readonly decisions: readonly DecisionRecord[];
    readonly versions: readonly VersionRecord[];
  },
): Change {
  const { now, actor, request, key, decisions, versions } = execution;
  assertIn(request, request.approval.quorum === 0 ? ['accepted'] : ['approved']);
  assertApproved(request, key, decisions);
  assertOperationAllowed(key, request.parameters);
  assertShown(request, versions);
  assertRoomForVersion(request, versions);
  assertFree(key, request, now);
  assertNothingHalfMade(key, request, versions);
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: { ...request, state: 'executing' } },
    entries: [{ event: 'execution-started', details: { operation: request.parameters.operation } }],
  });
}

/**
 * An execution carries on a request that began to act, after its lease has run out. Throws as `beginExecution` does, and
 * RequestClosed for one that is being undone. An emergency that has begun goes on whatever has become of the key, and waits
 * for nobody: it takes the key from whoever holds it.
 */
export function resumeExecution(
  execution: Execution & {
    readonly decisions: readonly DecisionRecord[];
    readonly versions: readonly VersionRecord[];
  },
): Change {
  const { now, actor, request, key, decisions, versions } = execution;
  assertIn(request, ['executing']);
  assertIs(request, 'forward');
  assertApproved(request, key, decisions);
  if (request.parameters.operation !== 'emergency-revoke') {
    assertOperationAllowed(key, request.parameters);
    assertShown(request, versions);
    assertFree(key, request, now);
    assertNothingHalfMade(key, request, versions);
  }
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: request },
    entries: [{ event: 'execution-resumed', details: { operation: request.parameters.operation } }],
  });
}

/** Whether the key is held for the request. */
export function holds({ now, request, key }: Pick<Execution, 'now' | 'request' | 'key'>): boolean {
  return key.lease?.requestId === request.requestId && isBefore(now, key.lease.until);
}

/** Forward steps carry a request out; undoing ones take back what it did after it has failed. */
export type Phase = 'forward' | 'undo';

/**
 * What every step checks before it touches anything: its request is executing, was approved, holds the key, and is
 * (or is not) being undone. Throws RequestClosed, NotApproved or LeaseLost.
 */
export function assertExecuting(
  { now, request, key }: Omit<Execution, 'actor'>,
  decisions: readonly DecisionRecord[],
  phase: Phase,
): void {
  assertIn(request, ['executing']);
  assertApproved(request, key, decisions);
  assertIs(request, phase);
  if (!holds({ now, request, key })) {
    throw new LeaseLost(`Request ${request.requestId} no longer holds the key: another may be changing it.`, {
      holder: key.lease?.requestId,
    });
  }
}

/**
 * The execution has failed and is about to be undone. From this commit on no forward step, not even one that is still
 * running somewhere, can record anything for the request. An expired lease is taken anew unless another holds the key.
 */
export function beginUndo(
  execution: Execution & { readonly error: NonNullable<RequestRecord['error']> },
): Change {
  const { now, actor, request, key, error } = execution;
  assertIn(request, ['executing']);
  assertFree(key, request, now);
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: { ...request, error } },
    entries: [{ event: 'undo-started', details: { code: error.code } }],
  });
}

/** What a request made and nobody used is on its way to deletion. */
export function recordDiscard(execution: Execution & { readonly version: VersionRecord }): Change {
  const { now, actor, request, key, version } = execution;
  assertTransition(version.state, 'destroyed');
  return recordChange({
    now,
    actor,
    key: { before: key, after: key },
    request: { before: request, after: request },
    versions: [
      {
        before: version,
        after: { ...version, state: 'destroyed', backendState: 'PendingDeletion', destroyedAt: now },
      },
    ],
    entries: [
      { event: 'version-discarded', details: { version: version.version, kmsKeyArn: version.kmsKeyArn } },
    ],
  });
}

/** The alias of a living key is about to lead to a new version. */
export function recordNaming(execution: Execution & { readonly version: VersionRecord }): Change {
  const { now, actor, request, key, version } = execution;
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: request },
    versions: [{ before: version, after: { ...version, namedAt: now } }],
    entries: [{ event: 'version-named', details: { version: version.version, alias: key.alias } }],
  });
}

/**
 * What a request made and the alias has led to: somebody may have protected something with it meanwhile. It is kept, as a
 * version that was active for that moment and that processes; of a key that was compromised since, as compromised too.
 */
export function recordRetirement(
  execution: Execution & { readonly version: VersionRecord & { readonly namedAt: string } },
): Change {
  const { now, actor, request, key, version } = execution;
  assertTransition(version.state, 'active');
  const { kmsKeyArn, namedAt } = version;
  const end =
    key.state === 'compromised'
      ? ({ state: 'compromised', compromisedAt: now } as const)
      : ({ state: 'deactivated', deactivatedAt: now } as const);
  assertTransition('active', end.state);
  return recordChange({
    now,
    actor,
    key: { before: key, after: key },
    request: { before: request, after: request },
    versions: [
      {
        before: version,
        after: { ...version, activatedAt: namedAt, ...end },
      },
    ],
    entries: [{ event: 'version-retired', details: { version: version.version, kmsKeyArn } }],
  });
}

/**
 * KMS is about to be asked for new material inside a KMS key. Nothing else tells an attempt that has asked, and whose
 * rotation KMS does not show yet, from one that never did.
 */
export function recordRotationAsk(
  execution: Execution & { readonly version: Pick<VersionRecord, 'kmsKeyArn'> },
): Change {
  const { now, actor, request, key, version } = execution;
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: { ...request, rotationAskedAt: now } },
    entries: [{ event: 'rotation-asked', details: { kmsKeyArn: version.kmsKeyArn } }],
  });
}

/** A KMS key or material exists for a new version. */
export function recordVersion(
  execution: Execution & {
    readonly version: Pick<VersionRecord, 'version' | 'kmsKeyId' | 'kmsKeyArn' | 'keyMaterialId'>;
  },
): Change {
  const { now, actor, request, key, version } = execution;
  const { kmsKeyArn, keyMaterialId } = version;
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: request },
    versions: [
      {
        after: {
          ...version,
          keyId: key.keyId,
          state: 'pre-activation',
          backendState: 'Enabled',
          requestId: request.requestId,
          createdAt: now,
        },
      },
    ],
    entries: [
      {
        event: 'version-created',
        details: {
          version: version.version,
          kmsKeyArn,
          ...(keyMaterialId === undefined ? {} : { keyMaterialId }),
        },
      },
    ],
  });
}

/** A version has protected and processed a known message; the artefact is kept for later proofs. */
export function recordProbe(
  execution: Execution & { readonly version: VersionRecord; readonly probe: ProbeArtefact },
): Change {
  const { now, actor, request, key, version, probe } = execution;
  return recordChange({
    now,
    actor,
    key: { before: key, after: held(key, request, now) },
    request: { before: request, after: request },
    versions: [{ before: version, after: { ...version, probe } }],
    entries: [{ event: 'version-probed', details: { version: version.version, kind: probe.kind } }],
  });
}

function assertIs({ requestId, state, error }: RequestRecord, phase: Phase): void {
  if ((error !== undefined) === (phase === 'undo')) return;
  throw new RequestClosed(`Request ${requestId} is ${error === undefined ? 'not ' : ''}being undone.`, {
    requestState: state,
  });
}

/** Nothing is destroyed that its approvers were not shown, such as a KMS key that a rotation has made since. */
function assertShown(
  { requestId, parameters, evidence }: RequestRecord,
  versions: readonly VersionRecord[],
): void {
  if (parameters.operation !== 'destroy') return;
  const shown = new Set(evidence?.kmsKeys.map(({ kmsKeyArn }) => kmsKeyArn));
  const unseen = live(versions).find(({ kmsKeyArn }) => !shown.has(kmsKeyArn));
  if (unseen === undefined) return;
  throw new NotApproved(
    `The evidence that was approved does not name ${unseen.kmsKeyArn} (version ${unseen.version}). Ask for the destruction again.`,
    { requestId, version: unseen.version },
  );
}

/** What is done to a key is recorded for all its versions in one transaction, and DynamoDB takes a hundred rows in one. */
const MOST_VERSIONS = 90;

/** Better no rotation than a key that cannot be stopped any more. */
function assertRoomForVersion({ parameters }: RequestRecord, versions: readonly VersionRecord[]): void {
  if (parameters.operation !== 'rotate' || usableVersions(versions).length < MOST_VERSIONS) return;
  throw new VersionsExhausted(
    `The key has ${MOST_VERSIONS} versions, as many as a key can have. Generate a new key and move to it.`,
    { versions: MOST_VERSIONS },
  );
}

/**
 * A destruction waits until what a lost execution has half made is undone: the alias can be put back only to a KMS key
 * that is not on its way to deletion, and would else name nothing once the destruction is cancelled.
 */
function assertNothingHalfMade(
  { openRequests }: KeyRecord,
  { parameters }: RequestRecord,
  versions: readonly VersionRecord[],
): void {
  if (parameters.operation !== 'destroy') return;
  const open = new Set(Object.values(openRequests));
  const half = versions.find(({ state, requestId }) => state === 'pre-activation' && open.has(requestId));
  if (half === undefined) return;
  throw new LeaseHeld(`Request ${half.requestId} has left version ${half.version} half made.`, {
    holder: half.requestId,
  });
}

function assertFree({ lease }: KeyRecord, { requestId }: RequestRecord, now: string): void {
  if (lease === undefined || lease.requestId === requestId || !isBefore(now, lease.until)) return;
  throw new LeaseHeld(`Request ${lease.requestId} is changing the key until ${lease.until}.`, {
    holder: lease.requestId,
  });
}

function held(key: KeyRecord, request: RequestRecord, now: string): KeyRecord {
  return { ...key, lease: { requestId: request.requestId, until: plusDuration(now, LEASE) } };
}

function assertIn(request: RequestRecord, states: readonly RequestRecord['state'][]): void {
  if (states.includes(request.state)) return;
  throw new RequestClosed(
    finalRequestStates.has(request.state)
      ? `Request ${request.requestId} has ended as ${request.state}.`
      : `Request ${request.requestId} is ${request.state}; this step belongs to ${states.join(' or ')}.`,
    { requestState: request.state },
  );
}
