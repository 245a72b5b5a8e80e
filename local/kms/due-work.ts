import type { DatabaseSync } from 'node:sqlite';
import type { Consistency } from './consistency.ts';
import { existingKey } from './key-reference.ts';
import { rotateOnSchedule } from './key-rotation.ts';
import type { Kms } from './kms.ts';
import type { ServiceEvent } from './operation.ts';
import { atomically } from './store/database.ts';

interface DoneWork {
  readonly event: ServiceEvent;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Does what AWS KMS does by itself and has fallen due: rotates keys, each on its own date also when the clock
 * went over several at once, and deletes the keys whose waiting period is over.
 */
export function doDueWork(
  kms: Kms,
  database: DatabaseSync,
  consistency: Pick<Consistency, 'deleting'>,
): readonly DoneWork[] {
  const now = kms.clock.now().getTime();
  const dying = kms.keys.dueForDeletion(now);
  if (dying.length === 0 && kms.rotationSchedules.firstDue(now) === undefined) return [];
  for (const key of dying) consistency.deleting(key);
  return atomically(database, () => {
    const done: DoneWork[] = [];
    let due = kms.rotationSchedules.firstDue(now);
    while (due !== undefined) {
      const event = rotateOnSchedule(kms, existingKey(kms, due.keyId), due, due.nextAt);
      done.push({ event, at: due.nextAt });
      due = kms.rotationSchedules.firstDue(now);
    }
    for (const key of dying) {
      kms.keys.delete(key.id);
      // AWS KMS deletes within a day after the date.
      done.push({ event: { name: 'DeleteKey', keyArn: key.arn }, at: now });
    }
    return done;
  });
}
