import { askedOnce } from '../adapters/asked-once.ts';
import { after, type DecisionDependencies, prepareDecision } from '../approvals/take-decision.ts';
import { type Subject, visibleRequest } from '../approvals/visible-request.ts';
import { requestAnswer } from './accept.ts';
import { commitOnce } from './commit-once.ts';
import type { Handler } from './contract.ts';
import * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { bind, createRouter } from './router.ts';

export type DecisionsDependencies = Omit<DecisionDependencies, 'registry' | 'access'> &
  Pick<ApiDependencies, 'policies'> & {
    readonly registry: DecisionDependencies['registry'] & ApiDependencies['registry'];
  };

/** The route of approvers, in a Lambda of its own: no other may write decisions. */
export function createDecisions(deps: DecisionsDependencies) {
  return createRouter([bind(contracts.decideRequest, decideRequest(deps))], deps.policies.access);
}

function decideRequest(deps: DecisionsDependencies): Handler<typeof contracts.decideRequest> {
  return async (call) => {
    const { principal, path, body } = call;
    const deciding = { ...deps, access: deps.policies.access, directory: askedOnce(deps.directory) };
    const decision = { person: principal, requestId: path.requestId, ...body, channel: 'api' as const };
    let recorded: Subject | undefined;
    const outcome = await commitOnce(deps, call, async () => {
      const { subject, build } = await prepareDecision(deciding, decision);
      return async (now) => {
        const change = await build(now);
        recorded = after(subject, change);
        return change;
      };
    });
    // What was recorded is told from what was committed: a read that fails must not make it look as if it were not.
    const { request, decisions } =
      recorded !== undefined && !outcome.replayed
        ? recorded
        : await visibleRequest(deciding, principal, outcome.requestId);
    return requestAnswer(request, decisions, outcome);
  };
}
