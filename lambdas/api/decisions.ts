import { decide } from '../domain/decision.ts';
import { requestAnswer } from './accept.ts';
import { commitOnce } from './commit-once.ts';
import type { Handler } from './contract.ts';
import * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { bind, createRouter } from './router.ts';
import { keyOf, visibleRequest } from './visibility.ts';

export type DecisionsDependencies = Pick<ApiDependencies, 'registry' | 'policies' | 'clock'>;

/** The route of approvers, in a Lambda of its own: no other may write decisions. */
export function createDecisions(deps: DecisionsDependencies) {
  return createRouter([bind(contracts.decideRequest, decideRequest(deps))], deps.policies.access);
}

function decideRequest(deps: DecisionsDependencies): Handler<typeof contracts.decideRequest> {
  return async (call) => {
    const { principal, path, body } = call;
    const outcome = await commitOnce(deps, call, async () => {
      // The decisions are read last: one that the request's version does not count yet refuses the commit.
      const request = await visibleRequest(deps, principal, path.requestId);
      const key = await keyOf(deps, request);
      const decisions = await deps.registry.getDecisions(request.requestId);
      return (now) => decide({ now, request, key, person: principal, decisions, ...body, channel: 'api' });
    });
    return requestAnswer(deps, principal, outcome);
  };
}
