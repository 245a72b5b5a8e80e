import type { DatabaseSync } from 'node:sqlite';
import type { Consistency } from './consistency.ts';
import { settleConnection } from './custom-key-stores/connection.ts';
import { deleteHsmMaterial } from './custom-key-stores/hsm-material.ts';
import { recordedDeletion } from './custom-key-stores/recorded.ts';
import { dropMaterial } from './key-import.ts';
import { existingKey } from './key-reference.ts';
import { completeRotation, rotateOnSchedule } from './key-rotation.ts';
import { encryptsSymmetrically } from './key-specs.ts';
import type { KmsOfAccount } from './kms.ts';
import { type LocatedKey, primaryOf, relatedKeys } from './multi-region.ts';
import type { ServiceEvent } from './operation.ts';
import { deletionDate } from './operations/deletion.ts';
import type { RecordFields } from './recorded-fields.ts';
import type { Calendar, DueKey, DueStore } from './store/calendar.ts';
import { atomically } from './store/database.ts';

export interface DoneWork {
  readonly event: ServiceEvent;
  /** Epoch milliseconds. */
  readonly at: number;
}

interface Parts {
  readonly in: KmsOfAccount;
  readonly calendar: Calendar;
  readonly database: DatabaseSync;
  readonly consistency: Pick<Consistency, 'deleting'>;
}

/**
 * Does what AWS KMS does by itself and has fallen due by `now`, in epoch milliseconds: rotates keys, each on its own
 * date also when the clock went over several at once, ends what takes its time, and deletes imported material that has
 * expired, and the keys whose waiting period is over.
 */
export function doDueWork(parts: Parts, now: number): readonly DoneWork[] {
  const { calendar } = parts;
  const nothingIsDue =
    calendar.deletions(now).length === 0 &&
    calendar.settlements(now).length === 0 &&
    calendar.expirations(now).length === 0 &&
    calendar.connections(now).length === 0 &&
    calendar.firstRotation(now) === undefined &&
    calendar.firstRotationEnd(now) === undefined;
  if (nothingIsDue) return [];
  return atomically(parts.database, () => {
    for (const due of calendar.settlements(now)) settle(parts, due);
    for (const due of calendar.connections(now)) settleStore(parts, due);
    return [...expire(parts, now), ...rotate(parts, now), ...deleteKeys(parts, now)];
  });
}

function locate(parts: Parts, { account, keyId }: DueKey): LocatedKey {
  const kms = parts.in(account);
  return { kms, key: existingKey(kms, keyId) };
}

function settle(parts: Parts, due: DueKey): void {
  const { kms, key } = locate(parts, due);
  if (key.settlesAs !== null) kms.keys.setState(key.id, key.settlesAs);
}

function expire(parts: Parts, now: number): DoneWork[] {
  return parts.calendar.expirations(now).flatMap((due) => {
    const located = locate(parts, due);
    const { kms, key } = located;
    const material = kms.materials.find(key.id, due.materialId);
    if (material === undefined) return [];
    dropMaterial(kms, key, material);
    const details = {
      keyId: key.id,
      ...(encryptsSymmetrically(key.spec) ? { keyMaterialId: material.id } : {}),
    };
    return [{ event: { name: 'DeleteExpiredKeyMaterial', key: located, details }, at: due.at }];
  });
}

function settleStore(parts: Parts, { account, customKeyStoreId }: DueStore): void {
  const kms = parts.in(account);
  const store = kms.customKeyStores.find(customKeyStoreId);
  if (store !== undefined) settleConnection(kms, store);
}

/** Begins the rotations that are due, and completes those that have had their time, in the order of their times. */
function rotate(parts: Parts, now: number): DoneWork[] {
  const { calendar } = parts;
  const done: DoneWork[] = [];
  for (;;) {
    const begin = calendar.firstRotation(now);
    const end = calendar.firstRotationEnd(now);
    if (end !== undefined && (begin === undefined || end.at <= begin.at)) {
      done.push(...completeOne(parts, end));
    } else if (begin !== undefined) {
      done.push(...beginOne(parts, begin));
    } else {
      return done;
    }
  }
}

function completeOne(parts: Parts, due: DueKey): DoneWork[] {
  const { kms, key } = locate(parts, due);
  const running = kms.runningRotations.find(key.id);
  if (running === undefined) return [];
  return completeRotation(kms, key, running).map((event) => ({ event, at: due.at }));
}

/** One that had to wait for another rotation begins after that. */
function beginOne(parts: Parts, due: DueKey): DoneWork[] {
  const { kms, key } = locate(parts, due);
  const schedule = kms.rotationSchedules.find(key.id);
  if (schedule === undefined) return [];
  const at = Math.max(due.at, kms.materials.current(key.id).rotatedAt ?? due.at);
  return rotateOnSchedule(kms, key, schedule, due.at, at).map((event) => ({ event, at }));
}

/** The deletion of a last replica begins the waiting period of its primary key, which may be over too. */
function deleteKeys(parts: Parts, now: number): DoneWork[] {
  const done: DoneWork[] = [];
  let dying = parts.calendar.deletions(now);
  while (dying.length > 0) {
    for (const due of dying) {
      const located = locate(parts, due);
      parts.consistency.deleting(located.key);
      const additionalEventData = deleteMaterial(located);
      located.kms.keys.delete(due.keyId);
      done.push({
        event: {
          name: 'DeleteKey',
          key: located,
          ...(additionalEventData === undefined ? {} : { additionalEventData }),
        },
        at: due.at,
      });
      beginWaitingPeriodOfPrimary(located, due.at);
    }
    dying = parts.calendar.deletions(now);
  }
  return done;
}

/** The material in a custom key store goes with its key, if it can be reached: else it is left there, orphaned. */
function deleteMaterial({ kms, key }: LocatedKey): RecordFields | undefined {
  const backing = kms.backingKeys.find(key.id);
  return backing && recordedDeletion(kms, key, deleteHsmMaterial(kms, backing));
}

function beginWaitingPeriodOfPrimary({ kms, key }: LocatedKey, deletedAt: number): void {
  const related = relatedKeys(kms, key);
  const primary = primaryOf(related);
  if (primary === undefined || related.length > 1 || primary.key.pendingWindowDays === null) return;
  const deletionAt =
    deletionDate(deletedAt, primary.key.pendingWindowDays) + primary.kms.lateDeletions.next();
  primary.kms.keys.setState(primary.key.id, 'PendingDeletion', deletionAt);
}
