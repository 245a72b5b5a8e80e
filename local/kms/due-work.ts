import type { RecordFields } from './audit/recorded-fields.ts';
import { settleConnection } from './custom-key-stores/connection.ts';
import { deleteHsmMaterial } from './custom-key-stores/hsm-material.ts';
import { recordedDeletion } from './custom-key-stores/recorded.ts';
import type { Consistency } from './imperfections/consistency.ts';
import { dropMaterial } from './key-import.ts';
import { existingKey } from './key-reference.ts';
import { completeRotation, rotateOnSchedule } from './key-rotation.ts';
import { encryptsSymmetrically } from './key-specs.ts';
import type { KmsOfAccount } from './kms.ts';
import { type LocatedKey, primaryOf, relatedKeys } from './multi-region.ts';
import type { ServiceEvent } from './operation.ts';
import { deletionDate } from './operations/deletion.ts';
import type { Calendar, Due, DueKind } from './store/calendar.ts';

export interface DoneWork {
  readonly event: ServiceEvent;
  /** Epoch milliseconds. */
  readonly at: number;
}

interface Parts {
  readonly in: KmsOfAccount;
  readonly calendar: Calendar;
  readonly consistency: Pick<Consistency, 'deleting'>;
}

/**
 * Does what AWS KMS does by itself and has fallen due by `now`, in epoch milliseconds, in the order of the dates and each on
 * its own, also when the clock went over several at once: rotates keys, ends what takes its time, and deletes imported
 * material that has expired, and the keys whose waiting period is over.
 */
export function doDueWork(parts: Parts, now: number): readonly DoneWork[] {
  const { calendar } = parts;
  const done: DoneWork[] = [];
  for (let due = calendar.next(now); due !== undefined; due = calendar.next(now)) {
    done.push(...WORK[due.kind](parts, due));
  }
  return done;
}

const WORK: Readonly<Record<DueKind, (parts: Parts, due: Due) => DoneWork[]>> = {
  settlement: settle,
  connection: settleStore,
  deletion: deleteKey,
  expiration: expire,
  'rotation end': completeOne,
  rotation: beginOne,
};

function locate(parts: Parts, { account, id }: Due): LocatedKey {
  const kms = parts.in(account);
  return { kms, key: existingKey(kms, id) };
}

function settle(parts: Parts, due: Due): DoneWork[] {
  const { kms, key } = locate(parts, due);
  kms.keys.setState(key.id, key.settlesAs ?? key.state);
  return [];
}

function settleStore(parts: Parts, { account, id }: Due): DoneWork[] {
  const kms = parts.in(account);
  const store = kms.customKeyStores.find(id);
  if (store !== undefined) settleConnection(kms, store);
  return [];
}

function expire(parts: Parts, due: Due): DoneWork[] {
  const located = locate(parts, due);
  const { kms, key } = located;
  const material = kms.materials.find(key.id, due.materialId ?? '');
  if (material === undefined) return [];
  dropMaterial(kms, key, material);
  const details = {
    keyId: key.id,
    ...(encryptsSymmetrically(key.spec) ? { keyMaterialId: material.id } : {}),
  };
  return [{ event: { name: 'DeleteExpiredKeyMaterial', key: located, details }, at: due.at }];
}

function completeOne(parts: Parts, due: Due): DoneWork[] {
  const { kms, key } = locate(parts, due);
  const running = kms.runningRotations.find(key.id);
  if (running === undefined) return [];
  return completeRotation(kms, key, running).map((event) => ({ event, at: due.at }));
}

/** One that had to wait for another rotation begins after that. */
function beginOne(parts: Parts, due: Due): DoneWork[] {
  const { kms, key } = locate(parts, due);
  const schedule = kms.rotationSchedules.find(key.id);
  if (schedule === undefined) return [];
  const at = Math.max(due.at, kms.materials.current(key.id).rotatedAt ?? due.at);
  return rotateOnSchedule(kms, key, schedule, due.at, at).map((event) => ({ event, at }));
}

function deleteKey(parts: Parts, due: Due): DoneWork[] {
  const located = locate(parts, due);
  parts.consistency.deleting(located.key);
  const additionalEventData = deleteMaterial(located);
  located.kms.keys.delete(due.id);
  beginWaitingPeriodOfPrimary(located, due.at);
  const event: ServiceEvent = {
    name: 'DeleteKey',
    key: located,
    ...(additionalEventData === undefined ? {} : { additionalEventData }),
  };
  return [{ event, at: due.at }];
}

/** The material in a custom key store goes with its key, if it can be reached: else it is left there, orphaned. */
function deleteMaterial({ kms, key }: LocatedKey): RecordFields | undefined {
  const backing = kms.backingKeys.find(key);
  return backing && recordedDeletion(kms, key, deleteHsmMaterial(kms, backing));
}

/** After its last replica, when it is to be deleted. */
function beginWaitingPeriodOfPrimary({ kms, key }: LocatedKey, deletedAt: number): void {
  const related = relatedKeys(kms, key);
  const primary = primaryOf(related);
  if (primary === undefined || related.length > 1 || primary.key.pendingWindowDays === null) return;
  const deletionAt =
    deletionDate(deletedAt, primary.key.pendingWindowDays) + primary.kms.lateDeletions.next();
  primary.kms.keys.setState(primary.key.id, 'PendingDeletion', deletionAt);
}
