import { isBefore, plusDuration } from './cryptoperiod.ts';
import { escalatesAt } from './quorum.ts';
import type { RequestRecord } from './request.ts';

/** Why those who can decide are told: a new request, one that still waits, or one that has come to the second groups. */
export type Occasion = 'asked' | 'reminder' | 'escalation';

/** A wait must outlast the request, so that the record and not the timer decides how it ended. */
const WAIT_MARGIN_SECONDS = 300;

/** What telling of a request at a time is about. A request older than its first reminder is no news any more. */
export function occasionOf(request: Pick<RequestRecord, 'approval' | 'createdAt'>, now: string): Occasion {
  const { approval, createdAt } = request;
  const escalation = escalatesAt(request);
  if (escalation !== undefined && !isBefore(now, escalation)) return 'escalation';
  const first =
    approval.remindEvery === undefined ? undefined : plusDuration(createdAt, approval.remindEvery);
  return first === undefined || isBefore(now, first) ? 'asked' : 'reminder';
}

/** When there is next something to tell about a request that waits; undefined when nothing but its end is left. */
export function nextReminder(
  request: Pick<RequestRecord, 'approval' | 'createdAt' | 'expiresAt'>,
  now: string,
): string | undefined {
  const { approval, createdAt, expiresAt } = request;
  const escalation = escalatesAt(request);
  return [
    approval.remindEvery === undefined ? undefined : nextOf(createdAt, approval.remindEvery, now),
    escalation,
  ]
    .filter((at) => at !== undefined)
    .filter((at) => isBefore(now, at) && isBefore(at, expiresAt))
    .toSorted()[0];
}

/** How long to wait for a decision from now on, in seconds, before the request is looked at again. */
export function secondsToWait(
  request: Pick<RequestRecord, 'approval' | 'createdAt' | 'expiresAt'>,
  now: string,
): number {
  const next = nextReminder(request, now);
  const seconds = (until: string) => Math.max(0, Math.ceil((Date.parse(until) - Date.parse(now)) / 1000));
  return next === undefined ? seconds(request.expiresAt) + WAIT_MARGIN_SECONDS : Math.max(1, seconds(next));
}

function nextOf(from: string, every: string, now: string): string {
  let at = plusDuration(from, every);
  while (!isBefore(now, at)) at = plusDuration(at, every);
  return at;
}
