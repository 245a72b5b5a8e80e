import { isBefore, plusDuration } from './cryptoperiod.ts';
import type { KeyRecord } from './key.ts';
import type { RequestRecord, RequestState } from './request.ts';

type FinalState = Extract<RequestState, 'succeeded' | 'failed' | 'denied' | 'expired' | 'cancelled'>;

/** A request at its end. */
export function endRequest(
  request: RequestRecord,
  state: FinalState,
  now: string,
  error?: RequestRecord['error'],
): RequestRecord {
  return { ...request, state, finishedAt: now, ...(error === undefined ? {} : { error }) };
}

/** The key when a request on it has ended: the request is no longer open, and its lease is given back. */
export function releaseKey(key: KeyRecord, request: RequestRecord): KeyRecord {
  const { lease, ...rest } = key;
  const { [request.parameters.operation]: _ended, ...openRequests } = key.openRequests;
  const kept = lease !== undefined && lease.requestId !== request.requestId ? { lease } : {};
  return { ...rest, ...kept, openRequests };
}

/** How long a rotation that came to nothing is left alone before the schedule asks for it again. */
const ROTATE_AGAIN = 'P1D';

interface UnsuccessfulEnd {
  readonly key: KeyRecord;
  readonly alias?: 'release';
  readonly entries: readonly { event: 'abandoned'; details: Record<string, never> }[];
}

/**
 * The key when a request on it has ended without success. One whose generation ended so never lived: it goes from
 * pre-activation to destroyed and its alias is free again. A scheduled rotation falls due again a day later, not with
 * the next sweep. Any other key is only released.
 */
export function endWithoutSuccess(key: KeyRecord, request: RequestRecord, now: string): UnsuccessfulEnd {
  const released = releaseKey(key, request);
  const { parameters } = request;
  if (parameters.operation === 'generate' && key.state === 'pre-activation') {
    return {
      key: { ...released, state: 'destroyed' },
      alias: 'release',
      entries: [{ event: 'abandoned', details: {} }],
    };
  }
  const postponed =
    parameters.operation === 'rotate' &&
    parameters.cause === 'schedule' &&
    key.rotationDue !== undefined &&
    isBefore(key.rotationDue, now);
  return {
    key: postponed ? { ...released, rotationDue: plusDuration(now, ROTATE_AGAIN) } : released,
    entries: [],
  };
}
