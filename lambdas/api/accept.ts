import type { Principal } from '../domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../domain/request.ts';
import type { Answer } from './answer.ts';
import type { Outcome } from './commit-once.ts';
import type { ApiDependencies } from './dependencies.ts';
import { SECONDS_TO_WAIT } from './problem.ts';
import { viewKey, viewRequest } from './views.ts';
import { keyOf, visibleRequest } from './visibility.ts';

type Reads = Pick<ApiDependencies, 'registry' | 'policies'>;

const replayHeader = ({ replayed }: Outcome): Record<string, string> =>
  replayed ? { 'Idempotency-Replayed': 'true' } : {};

/** 202 for a request that was taken, and where to follow it. */
export async function acceptedAnswer(deps: Reads, principal: Principal, outcome: Outcome): Promise<Answer> {
  const request = await visibleRequest(deps, principal, outcome.requestId);
  const key = await keyOf(deps, request);
  return {
    status: 202,
    body: { request: viewRequest(request), key: viewKey(key) },
    headers: {
      Location: `/v1/requests/${request.requestId}`,
      'Retry-After': String(SECONDS_TO_WAIT),
      ...replayHeader(outcome),
    },
  };
}

/** 200 with a request as it is now, after something was done to it. */
export function requestAnswer(
  request: RequestRecord,
  decisions: readonly DecisionRecord[],
  outcome: Outcome,
): Answer {
  return { status: 200, body: viewRequest(request, decisions), headers: replayHeader(outcome) };
}
