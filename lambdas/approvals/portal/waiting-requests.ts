import { log } from '../../adapters/log.ts';
import type { Registry } from '../../adapters/registry/registry.ts';
import { isBefore } from '../../domain/cryptoperiod.ts';
import { KeywardError, RecordCorrupt } from '../../domain/errors.ts';
import type { KeyRecord } from '../../domain/key.ts';
import type { Principal } from '../../domain/principal.ts';
import { assertMayDecide, type StandIn } from '../../domain/quorum.ts';
import type { DecisionRecord, RequestRecord } from '../../domain/request.ts';
import { changesOf } from '../../domain/untouched.ts';

/** A page of the portal holds so many. */
const MOST_SHOWN = 50;
const READ_AT_ONCE = 100;
/** How often the registry is asked for more, for one page. */
const MOST_READS = 20;

interface WaitingRequest {
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  readonly decisions: readonly DecisionRecord[];
}

export interface Waiting {
  readonly requests: readonly WaitingRequest[];
  /** False when not all that wait were looked at, or one of them cannot be shown. */
  readonly complete: boolean;
}

/**
 * The requests that wait for this person's decision, in their own right or in somebody's place, oldest first. One that is
 * not what was asked for, or cannot be read, is left out, and keeps nobody from the others.
 */
export async function waitingFor(
  registry: Pick<Registry, 'listRequests' | 'getDecisions' | 'getKey'>,
  principal: Principal,
  standIns: readonly StandIn[],
  now: string,
): Promise<Waiting> {
  const mayDecide = (request: RequestRecord, decisions: readonly DecisionRecord[]): boolean =>
    isDecidable({ now, request, principal, decisions, standIns });
  const requests: WaitingRequest[] = [];
  let cursor: string | undefined;
  let allShown = true;
  const leaveOut = (details: Record<string, unknown>): never[] => {
    allShown = false;
    log.error('request not shown', { code: 'RecordCorrupt', ...details });
    return [];
  };
  for (let reads = 0; reads < MOST_READS; reads += 1) {
    const page = await registry.listRequests(
      { state: 'awaiting-approval' },
      {
        limit: READ_AT_ONCE,
        ...(cursor === undefined ? {} : { cursor }),
        unreadable: (error) => leaveOut({ error }),
      },
    );
    // Without decisions first, which needs no read for the requests of other people's groups.
    const candidates = page.items.filter(
      (request) => isBefore(now, request.expiresAt) && mayDecide(request, []),
    );
    const found = await Promise.all(
      candidates.map(async (request) => {
        const { requestId, keyId } = request;
        try {
          const decisions = await registry.getDecisions(requestId);
          const key = await registry.getKey(keyId);
          if (key === undefined || !mayDecide(request, decisions)) return [];
          const changes = changesOf(request, key);
          return changes.length === 0 ? [{ request, key, decisions }] : leaveOut({ requestId, changes });
        } catch (error) {
          if (!(error instanceof RecordCorrupt)) throw error;
          return leaveOut({ requestId, error });
        }
      }),
    );
    requests.push(...found.flat());
    cursor = page.next;
    if (cursor === undefined || requests.length > MOST_SHOWN) break;
  }
  return {
    requests: requests.slice(0, MOST_SHOWN),
    complete: cursor === undefined && requests.length <= MOST_SHOWN && allShown,
  };
}

function isDecidable(asked: Parameters<typeof assertMayDecide>[0]): boolean {
  try {
    assertMayDecide(asked);
    return true;
  } catch (error) {
    if (error instanceof KeywardError) return false;
    throw error;
  }
}
