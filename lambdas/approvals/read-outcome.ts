import * as z from 'zod';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import { expireRequest } from '../domain/decision.ts';
import { RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import { identifier } from '../domain/formats.ts';
import { secondsToWait } from '../domain/reminder.ts';

export const outcomeInput = z.strictObject({
  requestId: identifier('req'),
  timedOut: z.boolean().default(false),
});

export interface Outcome {
  readonly outcome: 'approved' | 'denied' | 'expired' | 'cancelled' | 'waiting';
  /** How long to wait on, in seconds, when nothing is decided yet: to the next reminder, or beyond the end. */
  readonly timeoutSeconds: number;
}

/**
 * Reads what was decided. The record is the truth: what woke the wait, and what it was told, does not matter. A wait
 * that was over by its timer ends a request whose time is over; one that was woken too early waits on.
 */
export function readOutcome({
  registry,
  clock,
}: {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'commit'>;
  readonly clock: Clock;
}) {
  return async ({ requestId, timedOut }: z.infer<typeof outcomeInput>): Promise<Outcome> => {
    const request = await registry.getRequest(requestId);
    if (request === undefined) throw new RequestNotFound(`There is no request ${requestId}.`, { requestId });
    const now = await clock();
    const answer = (outcome: Outcome['outcome']): Outcome => ({
      outcome,
      timeoutSeconds: secondsToWait(request, now),
    });
    switch (request.state) {
      case 'approved':
      case 'executing':
      case 'succeeded':
        return answer('approved');
      // Ended by the sweep, whatever its quorum came to: there is nothing left to approve.
      case 'failed':
        return answer('cancelled');
      case 'denied':
      case 'expired':
      case 'cancelled':
        return answer(request.state);
      case 'accepted':
      case 'awaiting-approval':
        break;
    }
    if (!timedOut || isBefore(now, request.expiresAt)) return answer('waiting');
    const key = await registry.getKey(request.keyId);
    if (key === undefined) {
      throw new RecordCorrupt(`Request ${requestId} names the key ${request.keyId}, which is not there.`, {
        requestId,
      });
    }
    const actor = { kind: 'service', id: 'service:read-outcome', name: 'read-outcome' } as const;
    await registry.commit(expireRequest({ now, actor, request, key }));
    return answer('expired');
  };
}
