import { plusDuration } from './cryptoperiod.ts';
import { isUnsettled, wantsRatification } from './emergency.ts';
import { isDying } from './interruption.ts';
import type { KeyRecord } from './key.ts';
import { finalRequestStates, type RequestRecord } from './request.ts';

/** How long an accepted request may stay unstarted before the sweep starts it again. */
const START_GRACE = 'PT2M';
/** How long an execution may go without progress before the sweep looks whether it still lives. */
const PROGRESS_GRACE = 'PT15M';
/** The same for an emergency, which one Lambda carries out in less than half a minute. */
const EMERGENCY_GRACE = 'PT1M';

/**
 * When the sweep next has to look at a key: its rotation, the end of its deletion window, or an emergency that nobody has
 * ratified, whichever is first.
 */
export function keyDueAt(key: KeyRecord): string | undefined {
  const dates = [
    key.state === 'active' ? key.rotationDue : undefined,
    isDying(key) ? key.destruction.deletionDate : undefined,
    emergencyDueAt(key),
  ].filter((date) => date !== undefined);
  return dates.toSorted()[0];
}

/** At once, when nobody is asked to ratify; else when the alert rings. */
function emergencyDueAt(key: KeyRecord): string | undefined {
  if (!isUnsettled(key)) return undefined;
  return wantsRatification(key) ? key.emergency?.stoppedAt : key.emergency?.ringsAt;
}

/** When the sweep next has to look at a request: late start, expiry of the approval, or an execution gone quiet. */
export function requestDueAt(request: RequestRecord): string | undefined {
  if (finalRequestStates.has(request.state)) return undefined;
  if (request.state === 'accepted') return plusDuration(request.updatedAt, START_GRACE);
  if (request.state === 'awaiting-approval') return request.expiresAt;
  const urgent = request.state === 'executing' && request.parameters.operation === 'emergency-revoke';
  return plusDuration(request.updatedAt, urgent ? EMERGENCY_GRACE : PROGRESS_GRACE);
}
