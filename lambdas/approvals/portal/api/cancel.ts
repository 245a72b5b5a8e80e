import { beginAgain } from '../../../adapters/begin-again.ts';
import { cancelRequest } from '../../../domain/decision.ts';
import type { Principal } from '../../../domain/principal.ts';
import type { ApiDependencies } from './dependencies.ts';
import { seen } from './detail.ts';

/**
 * The requester takes a request back; one that is cancelled already stays so. Lost to another writer, all begins again.
 * Throws RequestNotFound, Forbidden or RequestClosed.
 */
export async function cancelOnPage(
  deps: ApiDependencies,
  requester: Principal,
  requestId: string,
): Promise<void> {
  await beginAgain(async () => {
    const { request, key } = await seen(deps, requester, requestId);
    if (request.state === 'cancelled' && request.requester.id === requester.id) return async () => {};
    const change = cancelRequest({ now: await deps.clock(), request, key, requester });
    return () => deps.registry.commit(change);
  });
}
