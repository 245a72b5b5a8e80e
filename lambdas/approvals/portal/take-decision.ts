import { setTimeout as pause } from 'node:timers/promises';
import { log } from '../../adapters/log.ts';
import type { Registry } from '../../adapters/registry/registry.ts';
import type { Clock } from '../../domain/clock.ts';
import { decide } from '../../domain/decision.ts';
import { AlreadyDecided, RowConflict } from '../../domain/errors.ts';
import { assertMayDecide } from '../../domain/quorum.ts';
import { type Faults, faultsOf, type SentForm } from './decision-form.ts';
import type { Subject } from './request-page.ts';
import type { Session } from './sessions.ts';

const MOST_ATTEMPTS = 4;

export type Taken =
  | { readonly recorded: true }
  /** What has to be corrected, on the request as it is. */
  | { readonly recorded: false; readonly subject: Subject; readonly faults: Faults };

/**
 * Records what a person decided with the form. Whoever sends the same decision again gets the first one.
 *
 * 1. The request, its key and its decisions are read; whose decision it is not learns that before anything else.
 * 2. What the form lacks is told, and nothing is recorded.
 * 3. The decision is taken and committed. Lost to another writer, all begins again.
 *
 * Throws what `read` and `decide` throw, and RowConflict when others were first every time.
 */
export async function takeDecision(
  deps: {
    readonly registry: Pick<Registry, 'commit'>;
    readonly clock: Clock;
    readonly read: () => Promise<Subject>;
  },
  { person }: Session,
  form: SentForm,
): Promise<Taken> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const subject = await deps.read(); // 1
      assertMayDecide({ ...subject, principal: person });
      const { request, key } = subject;
      const faults = faultsOf(form, request, key); // 2
      if (Object.keys(faults).length > 0) return { recorded: false, subject, faults };
      const verdict = form.verdict === 'approve' ? 'approve' : 'deny';
      const { reason, digest } = form;
      const now = await deps.clock(); // 3
      await deps.registry.commit(
        decide({ ...subject, now, person, verdict, reason, digest, channel: 'page' }),
      );
      log.info('decided on the page', { code: 'Decided', requestId: request.requestId, verdict });
      return { recorded: true };
    } catch (error) {
      if (error instanceof AlreadyDecided && error.details.verdict === form.verdict)
        return { recorded: true };
      if (!(error instanceof RowConflict) || attempt === MOST_ATTEMPTS) throw error;
      await pause(Math.random() * 50 * attempt);
    }
  }
}
