import { beginAgain } from '../adapters/begin-again.ts';
import type { IdempotencyRecord, Registry } from '../adapters/registry/registry.ts';
import { sha256Canonical } from '../domain/canonical.ts';
import type { Change } from '../domain/change.ts';
import type { Clock } from '../domain/clock.ts';
import { isBefore, plusDuration } from '../domain/cryptoperiod.ts';
import { IdempotencyKeyReused } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';

const ANSWERED_FOR = 'PT24H';

/** What a caller's `Idempotency-Key` stands for. */
type Claim = Pick<IdempotencyRecord, 'key' | 'bodyHash'>;

interface IdempotentCall {
  readonly principal: Principal;
  readonly method: string;
  readonly target: string;
  readonly headers: { readonly 'Idempotency-Key': string };
  readonly body: unknown;
}

export interface Outcome {
  readonly requestId: string;
  /** Whether an earlier call with the same `Idempotency-Key` has done it. */
  readonly replayed: boolean;
}

/**
 * Carries out a change once for each `Idempotency-Key`, and keeps the answer in the same commit.
 *
 * 1. `prepare` reads what the change is about and checks that the caller may ask for it.
 * 2. An earlier answer is repeated. It is looked for after those reads: if they saw what an earlier call wrote, its
 *    answer is there too.
 * 3. What `prepare` returned builds the change, which is committed. Lost to another writer, be it a twin of this very
 *    call, all begins again.
 *
 * Throws what both throw, IdempotencyKeyReused when the key came with another body, BackendBusy when others were first
 * every time.
 */
export async function commitOnce(
  {
    registry,
    clock,
  }: { readonly registry: Pick<Registry, 'getIdempotency' | 'commit'>; readonly clock: Clock },
  call: IdempotentCall,
  prepare: () => Promise<(now: string) => Change | Promise<Change>>,
): Promise<Outcome> {
  const claim = claimOf(call);
  return beginAgain(async () => {
    const build = await prepare();
    const now = await clock();
    const stored = await registry.getIdempotency(claim.key);
    if (stored !== undefined && !isBefore(stored.expiresAt, now)) {
      const outcome = repeated(stored, claim);
      return async () => outcome;
    }
    const change = await build(now);
    const requestId = change.request?.after.requestId ?? '';
    const expiresAt = plusDuration(now, ANSWERED_FOR);
    return async () => {
      await registry.commit(change, { idempotency: { ...claim, requestId, expiresAt } });
      return { requestId, replayed: false };
    };
  });
}

function repeated(stored: { readonly bodyHash: string; readonly requestId: string }, claim: Claim): Outcome {
  if (stored.bodyHash !== claim.bodyHash) {
    throw new IdempotencyKeyReused(
      'This Idempotency-Key came with another body before. Use a new one for something new.',
      { pointer: 'Idempotency-Key' },
    );
  }
  return { requestId: stored.requestId, replayed: true };
}

/** One caller's key on one path; nobody can meet another caller's. */
function claimOf({ principal, method, target, headers, body }: IdempotentCall): Claim {
  return {
    key: sha256Canonical([principal.id, method, target, headers['Idempotency-Key']]),
    bodyHash: sha256Canonical(body),
  };
}
