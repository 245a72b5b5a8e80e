import { type DecisionDependencies, takeDecision } from '../approvals/take-decision.ts';
import type { Subject } from '../approvals/visible-request.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { SlackWork } from './interaction.ts';
import { shownRequest } from './shown-request.ts';
import type { Outcome } from './tell.ts';
import { NOT_ALL_SHOWN, noticeView } from './views.ts';

type Decide = Extract<SlackWork, { kind: 'decide' }>;

/**
 * Takes a decision made in a modal, as on every channel. Throws what `takeDecision` throws, and InvalidInput for an
 * approval of what Slack cannot show whole, or with another alias than the key's.
 */
export async function decideInSlack(
  deps: DecisionDependencies,
  person: Principal,
  work: Decide,
): Promise<Outcome> {
  const { requestId, digest, verdict, reason } = work;
  const { done, subject } = await takeDecision(deps)({
    person,
    requestId,
    verdict,
    reason,
    digest,
    channel: 'slack',
    assertTyped: (shown) => assertApprovable(work, shown),
  });
  if (done === 'stood') return stood(work, person, subject);
  const said = verdict === 'approve' ? 'approved' : 'denied';
  return { view: noticeView('Recorded', `You ${said}. The request is ${subject.request.state}.`) };
}

function assertApprovable({ verdict, alias }: Decide, { request, key }: Subject): void {
  if (verdict !== 'approve') return;
  if (!shownRequest(request, key).complete) throw new InvalidInput(NOT_ALL_SHOWN);
  if (request.parameters.operation === 'destroy' && alias?.trim() !== key.alias) {
    throw new InvalidInput(`To approve, type the alias exactly: ${key.alias}. Open the request again.`);
  }
}

/** Whoever sent the same twice has got what they wanted; whoever changed their mind has not, and hears of it. */
function stood({ verdict }: Decide, person: Principal, { request, decisions }: Subject): Outcome {
  const mine = decisions.findLast(
    (decision) => decision.person.id === person.id && decision.digest === request.digest,
  );
  const earlier = `${mine?.verdict ?? ''}, at ${mine?.decidedAt ?? ''}.`;
  return {
    view: noticeView('You had decided', `Your decision stands: ${earlier}`),
    ...(mine?.verdict === verdict
      ? {}
      : {
          whispered: `Your decision was not recorded. You had decided before, and that stands: ${earlier}`,
        }),
  };
}
