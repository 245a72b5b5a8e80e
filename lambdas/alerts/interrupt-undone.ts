import { log } from '../adapters/log.ts';
import { KeywardError, RowConflict } from '../domain/errors.ts';
import { interruptDestruction } from '../domain/interruption.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Actor } from '../domain/principal.ts';
import {
  type Dying,
  type Interruption,
  printable,
  type RecordedCall,
  type Subject,
  undoesDestruction,
} from '../domain/tampering.ts';
import type { AlertDependencies } from './dependencies.ts';

const ATTEMPTS = 3;

const actor: Actor = { kind: 'service', id: 'service:detect-tampering', name: 'detect-tampering' };

interface Interrupted {
  /** Absent when the call undid no destruction. */
  readonly destruction?: Interruption;
  /** What KMS still deletes of the key all the same. */
  readonly dying?: Dying;
  /** Why the interruption could not be recorded. */
  readonly failure?: { readonly error: unknown };
}

/**
 * Records that somebody took a key out of its approved destruction, if the call did. Another writer's commit makes it
 * read and judge again, three times in all. Never throws.
 */
export async function interruptUndone(
  { registry, clock }: Pick<AlertDependencies, 'registry' | 'clock'>,
  call: RecordedCall,
  subject: Subject,
): Promise<Interrupted> {
  if (!undoesDestruction(call, subject)) return {};
  try {
    let current = subject;
    for (let attempt = 1; ; attempt += 1) {
      const { key, versions } = current;
      if (key === undefined || !undoesDestruction(call, current)) {
        // Recorded by another delivery meanwhile, or taken back in order.
        return key?.destruction?.status === 'interrupted' ? interrupted(key) : {};
      }
      try {
        const by = printable(call.caller.name);
        const saved = current.kmsKeyArn === undefined ? [] : [current.kmsKeyArn];
        const change = interruptDestruction({ now: await clock(), actor, key, versions, saved, by });
        await registry.commit(change);
        return interrupted(change.key.after);
      } catch (error) {
        if (!(error instanceof RowConflict) || attempt === ATTEMPTS) throw error;
        current = { ...subject, ...(await registry.getKeyWithVersions(key.keyId)) };
      }
    }
  } catch (error) {
    log.error('an undone destruction could not be recorded', {
      code: 'InterruptionNotRecorded',
      cause: error instanceof KeywardError ? error.code : 'Unexpected',
      keyId: subject.key?.keyId,
      eventId: printable(call.eventId),
      error: error instanceof Error ? error : undefined,
    });
    return { destruction: 'not-recorded', failure: { error } };
  }
}

function interrupted({ destruction }: KeyRecord): Interrupted {
  const kmsKeys = destruction?.dying;
  return {
    destruction: 'interrupted',
    ...(destruction === undefined || kmsKeys === undefined
      ? {}
      : { dying: { kmsKeys, deletionDate: destruction.deletionDate } }),
  };
}
