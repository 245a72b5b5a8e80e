import { setTimeout as pause } from 'node:timers/promises';
import { cancelRequest } from '../../../domain/decision.ts';
import { BackendBusy, RowConflict } from '../../../domain/errors.ts';
import type { Principal } from '../../../domain/principal.ts';
import type { ApiDependencies } from './dependencies.ts';
import { seen } from './detail.ts';

const MOST_ATTEMPTS = 4;

/**
 * The requester takes a request back; one that is cancelled already stays so. Lost to another writer, all begins again.
 * Throws RequestNotFound, Forbidden or RequestClosed.
 */
export async function cancelOnPage(
  deps: ApiDependencies,
  requester: Principal,
  requestId: string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { request, key } = await seen(deps, requester, requestId);
    if (request.state === 'cancelled' && request.requester.id === requester.id) return;
    try {
      await deps.registry.commit(cancelRequest({ now: await deps.clock(), request, key, requester }));
      return;
    } catch (error) {
      const lost = error instanceof RowConflict || error instanceof BackendBusy;
      if (!lost || attempt === MOST_ATTEMPTS) throw error;
      await pause(Math.random() * 50 * attempt);
    }
  }
}
