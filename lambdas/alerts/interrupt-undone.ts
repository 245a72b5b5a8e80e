import { log } from '../adapters/log.ts';
import { KeywardError, RowConflict } from '../domain/errors.ts';
import { interruptDestruction } from '../domain/outcome.ts';
import type { Actor } from '../domain/principal.ts';
import {
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
        return key?.destruction?.status === 'interrupted' ? { destruction: 'interrupted' } : {};
      }
      try {
        const by = printable(call.caller.name);
        await registry.commit(interruptDestruction({ now: await clock(), actor, key, versions, by }));
        return { destruction: 'interrupted' };
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
