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

/**
 * A key whose generation ended without success never lived: it goes from pre-activation to destroyed and its alias is
 * free again. Any other key stays as it is.
 */
export function abandonUnborn(
  key: KeyRecord,
  request: RequestRecord,
): {
  key: KeyRecord;
  alias?: 'release';
  entries: readonly { event: 'abandoned'; details: Record<string, never> }[];
} {
  if (request.parameters.operation !== 'generate' || key.state !== 'pre-activation')
    return { key, entries: [] };
  return {
    key: { ...key, state: 'destroyed' },
    alias: 'release',
    entries: [{ event: 'abandoned', details: {} }],
  };
}
