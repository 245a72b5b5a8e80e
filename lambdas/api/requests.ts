import { cancelRequest as cancellationOf } from '../domain/decision.ts';
import { assertUntouched } from '../domain/untouched.ts';
import { requestAnswer } from './accept.ts';
import { commitOnce } from './commit-once.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { listAnswer } from './list.ts';
import { viewRequest } from './views.ts';
import { keyOf, visibleRequest } from './visibility.ts';

export function listRequests(deps: ApiDependencies): Handler<typeof contracts.listRequests> {
  return async ({ principal, query }) => {
    const { items, nextPageToken } = await listAnswer(deps.policies, principal, query, {
      name: 'requests',
      read: (filter, page) => deps.registry.listRequests(filter, page),
    });
    return { status: 200, body: { requests: items.map((request) => viewRequest(request)), nextPageToken } };
  };
}

export function getRequest(deps: ApiDependencies): Handler<typeof contracts.getRequest> {
  return async ({ principal, path: { requestId } }) => {
    const request = await visibleRequest(deps, principal, requestId);
    // Whoever reads it may decide on it.
    assertUntouched(request, await keyOf(deps, request));
    return { status: 200, body: viewRequest(request, await deps.registry.getDecisions(requestId)) };
  };
}

export function cancelRequest(deps: ApiDependencies): Handler<typeof contracts.cancelRequest> {
  return async (call) => {
    const { principal, path } = call;
    const outcome = await commitOnce(deps, call, async () => {
      const request = await visibleRequest(deps, principal, path.requestId);
      const key = await keyOf(deps, request);
      return (now) => cancellationOf({ now, request, key, requester: principal });
    });
    const request = await visibleRequest(deps, principal, outcome.requestId);
    return requestAnswer(request, await deps.registry.getDecisions(request.requestId), outcome);
  };
}
