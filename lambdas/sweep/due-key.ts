import { randomBytes } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { completeDestruction } from '../domain/certificate.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import { keyDueAt } from '../domain/due.ts';
import { isUnsettled, recordRing, submitRatification } from '../domain/emergency.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import { interruptDestruction, isDying } from '../domain/interruption.ts';
import type { Emergency, KeyRecord, VersionRecord } from '../domain/key.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import { type Actor, actorOf, type Principal } from '../domain/principal.ts';
import { submitOperation } from '../domain/submission.ts';
import { dyingVersions } from '../domain/versions.ts';

const schedule: Principal = {
  kind: 'service',
  id: 'service:schedule',
  name: 'rotation schedule',
  groups: [],
  mfa: false,
};

const watch: Actor = { kind: 'service', id: 'service:sweep', name: 'sweep' };

export interface DueKeyDependencies {
  readonly registry: Pick<Registry, 'getKeyWithVersions' | 'getRequest' | 'getDecisions' | 'commit'>;
  readonly kms: KMSClient;
  readonly classes: KeyClasses;
  readonly newRequestId: () => string;
  /** Tells everybody who listens to alerts that nobody has ratified an emergency. */
  readonly ring: (key: KeyRecord & { readonly emergency: Emergency }) => Promise<void>;
}

interface Due {
  readonly now: string;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
}

/**
 * Looks after a key whose time has come: an emergency that nobody has ratified first, then the end of its deletion window,
 * else its rotation.
 */
export function tendKey(deps: DueKeyDependencies) {
  return async (keyId: string, now: string): Promise<string> => {
    const found = await deps.registry.getKeyWithVersions(keyId);
    const due = found === undefined ? undefined : keyDueAt(found.key);
    if (found === undefined || due === undefined || isBefore(now, due)) return 'nothing';
    const { key } = found;
    if (isUnsettled(key)) return tendEmergency(deps, { now, ...found });
    return isDying(key) ? observeDeletion(deps, { now, ...found }) : submitRotation(deps, { now, ...found });
  };
}

/**
 * A key that stands stopped on one person's word: when the quorum's time is over the alert rings, each hour anew, and the
 * quorum is asked when nobody is asking it. It rings first, because asking may be impossible: the class may have lost its
 * rule. It rings before that is recorded: twice is better than not at all.
 */
async function tendEmergency(
  { registry, classes, newRequestId, ring }: DueKeyDependencies,
  { now, key }: Due,
): Promise<string> {
  const { emergency } = key;
  if (emergency === undefined) return 'nothing';
  if (!isBefore(now, emergency.ringsAt)) {
    await ring({ ...key, emergency });
    await registry.commit(recordRing({ now, actor: watch, key: { ...key, emergency } }));
    return 'the alert rang: nobody has ratified';
  }
  const original = await registry.getRequest(emergency.requestId);
  await registry.commit(
    submitRatification({
      now,
      keyClass: classNamed(classes, key.className),
      reason: original?.reason ?? 'A key was stopped in an emergency.',
      ids: { requestId: newRequestId(), nonce: randomBytes(32).toString('hex') },
      key,
    }),
  );
  return 'ratification asked for';
}

/** One rotation a due date: a request that is still open stands for it, and a race is settled by the row version. */
async function submitRotation(
  { registry, classes, newRequestId }: DueKeyDependencies,
  { now, key }: Due,
): Promise<string> {
  if (key.openRequests.rotate !== undefined) return 'rotation is open';
  await registry.commit(
    submitOperation({
      now,
      ids: { requestId: newRequestId(), nonce: randomBytes(32).toString('hex') },
      requester: schedule,
      keyClass: classNamed(classes, key.className),
      key,
      parameters: { operation: 'rotate', cause: 'schedule' },
      reason: `The rotation fell due on ${key.rotationDue}.`,
    }),
  );
  return 'rotation submitted';
}

/**
 * The window is over: a KMS key that KMS knows no more is gone. One that still waits is looked at again (KMS may take
 * a day longer); one that was taken out of its window by somebody else interrupts the destruction. Of a destruction that
 * was interrupted before, what was not taken back is watched to its end. An answer other than «not found» is never read
 * as gone.
 */
async function observeDeletion(
  { registry, kms }: DueKeyDependencies,
  { now, key, versions }: Due,
): Promise<string> {
  const shown = await Promise.all(
    [...new Set(dyingVersions(versions).map(({ kmsKeyArn }) => kmsKeyArn))].map(async (kmsKeyArn) => ({
      kmsKeyArn,
      keyState: (await describeKmsKey(kms, kmsKeyArn))?.keyState,
    })),
  );
  const saved = shown.filter(({ keyState }) => keyState !== undefined && keyState !== 'PendingDeletion');
  const gone = shown.filter(({ keyState }) => keyState === undefined).map(({ kmsKeyArn }) => kmsKeyArn);
  const interrupted = key.destruction?.status === 'interrupted';
  if (saved.length > 0 || (interrupted && gone.length > 0)) {
    await registry.commit(
      interruptDestruction({
        now,
        actor: actorOf(schedule),
        key,
        versions,
        saved: saved.map(({ kmsKeyArn }) => kmsKeyArn),
        gone,
        by: `unknown: ${saved.map(({ kmsKeyArn, keyState }) => `${kmsKeyArn} was found ${keyState}`).join(', ')}`,
      }),
    );
    return saved.length > 0 ? 'destruction interrupted' : 'versions lost';
  }
  if (gone.length < shown.length) return 'still pending deletion';
  return recordDestruction({ registry, key, versions, now, gone });
}

async function recordDestruction({
  registry,
  gone,
  ...due
}: Due & { readonly registry: DueKeyDependencies['registry']; readonly gone: readonly string[] }) {
  const { now, key } = due;
  const { requestId } = key.destruction ?? {};
  const request = requestId === undefined ? undefined : await registry.getRequest(requestId);
  if (request === undefined) {
    throw new RecordCorrupt(`The destruction of ${key.keyId} names no request that exists.`, {
      keyId: key.keyId,
    });
  }
  const decisions = await registry.getDecisions(request.requestId);
  const observations = gone.map((kmsKeyArn) => ({
    kmsKeyArn,
    evidence: 'kms:DescribeKey answered NotFoundException',
    observedAt: now,
  }));
  await registry.commit(
    completeDestruction({ ...due, actor: actorOf(schedule), request, decisions, observations }),
  );
  return 'destroyed';
}
