import { plusDuration } from './cryptoperiod.ts';
import type { KeyRecord } from './key.ts';
import { finalRequestStates, type RequestRecord } from './request.ts';

/** How long an accepted request may stay unstarted before the sweep starts it again. */
const START_GRACE = 'PT2M';
/** How long an execution may go without progress before the sweep looks whether it still lives. */
const PROGRESS_GRACE = 'PT15M';

/** When the sweep next has to look at a key: its rotation or the end of its deletion window, whichever is first. */
export function keyDueAt(key: KeyRecord): string | undefined {
  const dates = [
    key.state === 'active' ? key.rotationDue : undefined,
    key.destruction?.status === 'scheduled' ? key.destruction.deletionDate : undefined,
  ].filter((date) => date !== undefined);
  return dates.toSorted()[0];
}

/** When the sweep next has to look at a request: late start, expiry of the approval, or an execution gone quiet. */
export function requestDueAt(request: RequestRecord): string | undefined {
  if (finalRequestStates.has(request.state)) return undefined;
  if (request.state === 'accepted') return plusDuration(request.updatedAt, START_GRACE);
  if (request.state === 'awaiting-approval') return request.expiresAt;
  return plusDuration(request.updatedAt, PROGRESS_GRACE);
}
