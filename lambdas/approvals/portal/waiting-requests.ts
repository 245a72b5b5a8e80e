import type { Registry } from '../../adapters/registry/registry.ts';
import { isBefore } from '../../domain/cryptoperiod.ts';
import { KeywardError } from '../../domain/errors.ts';
import type { KeyRecord } from '../../domain/key.ts';
import type { Principal } from '../../domain/principal.ts';
import { assertMayDecide } from '../../domain/quorum.ts';
import type { RequestRecord } from '../../domain/request.ts';

/** A page of the portal holds so many. */
const MOST_SHOWN = 50;
const READ_AT_ONCE = 100;
/** How often the registry is asked for more, for one page. */
const MOST_READS = 20;

export interface Waiting {
  readonly requests: readonly { readonly request: RequestRecord; readonly key: KeyRecord }[];
  /** False when not all that wait were looked at. */
  readonly complete: boolean;
}

/** The requests that wait for this person's decision, oldest first. */
export async function waitingFor(
  registry: Pick<Registry, 'listRequests' | 'getDecisions' | 'getKey'>,
  person: Principal,
  now: string,
): Promise<Waiting> {
  const requests: { request: RequestRecord; key: KeyRecord }[] = [];
  let cursor: string | undefined;
  for (let reads = 0; reads < MOST_READS; reads += 1) {
    const page = await registry.listRequests(
      { state: 'awaiting-approval' },
      { limit: READ_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) },
    );
    // Without decisions first, which needs no read for the requests of other people's groups.
    const candidates = page.items.filter(
      (request) => isBefore(now, request.expiresAt) && mayDecide(request, person, []),
    );
    const found = await Promise.all(
      candidates.map(async (request) => {
        const decisions = await registry.getDecisions(request.requestId);
        const key = await registry.getKey(request.keyId);
        return key !== undefined && mayDecide(request, person, decisions) ? [{ request, key }] : [];
      }),
    );
    requests.push(...found.flat());
    cursor = page.next;
    if (cursor === undefined || requests.length > MOST_SHOWN) break;
  }
  return {
    requests: requests.slice(0, MOST_SHOWN),
    complete: cursor === undefined && requests.length <= MOST_SHOWN,
  };
}

function mayDecide(
  request: RequestRecord,
  principal: Principal,
  decisions: Parameters<typeof assertMayDecide>[0]['decisions'],
): boolean {
  try {
    assertMayDecide({ request, principal, decisions });
    return true;
  } catch (error) {
    if (error instanceof KeywardError) return false;
    throw error;
  }
}
