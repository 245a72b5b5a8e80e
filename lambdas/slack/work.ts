import type { Registry } from '../adapters/registry/registry.ts';
import type { Slack, SlackView } from '../adapters/slack/slack-client.ts';
import type { Seal } from '../approvals/portal/seal.ts';
import type { SlackLinkNonce } from '../approvals/portal/slack-link-nonce.ts';
import { asOfNow, type DecisionDependencies, takeDecision } from '../approvals/take-decision.ts';
import { visibleRequest } from '../approvals/visible-request.ts';
import { KeywardError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { SlackWork } from './interaction.ts';
import { linkView, noticeView, reviewView } from './views.ts';

export interface WorkDependencies extends DecisionDependencies {
  readonly registry: DecisionDependencies['registry'] & Pick<Registry, 'slackAccount'>;
  readonly slack: Pick<Slack, 'updateView' | 'whisper'>;
  readonly seal: Pick<Seal, 'close'>;
  readonly portalUrl: string;
}

const LINK_SECONDS = 15 * 60;

/**
 * What the door left for later: to show a request in a modal, or to record a decision, by the same rules as on every
 * channel. A Slack account stands for the person who linked it when signed in; what Slack says of a name counts for
 * nothing, and a second factor it cannot prove. Refusals are seen by whoever clicked, and by nobody else.
 *
 * Throws what may go through later (BackendBusy): it is tried again. A refusal is told, and done with.
 */
export function slackWorker(deps: WorkDependencies) {
  const take = takeDecision(deps);
  return async (work: SlackWork): Promise<void> => {
    const { slack } = deps;
    const { viewId, channel, who } = work;
    const account = await deps.registry.slackAccount(who.teamId, who.userId);
    if (account === undefined) return slack.updateView(viewId, linkView(await linkFor(deps, who)));
    try {
      const person = await asOfNow(deps.directory, {
        ...account.person,
        groups: [],
        mfa: false,
      } satisfies Principal);
      await show(
        deps,
        viewId,
        await (work.kind === 'review' ? review(deps, person, work) : decided(deps, take, person, work)),
      );
    } catch (error) {
      if (!(error instanceof KeywardError) || error.kind === 'transient' || error.kind === 'fault')
        throw error;
      await show(deps, viewId, noticeView('Not recorded', error.message));
      if (work.kind === 'decide' && channel !== '') {
        await slack.whisper(channel, who.userId, `Your decision was not recorded. ${error.message}`);
      }
    }
  };
}

async function review(
  deps: WorkDependencies,
  person: Principal,
  { requestId, channel }: Extract<SlackWork, { kind: 'review' }>,
): Promise<SlackView> {
  const { request, key } = await visibleRequest(deps, person, requestId);
  if (request.state !== 'awaiting-approval') {
    return noticeView('Review', `There is nothing left to decide: this request is ${request.state}.`);
  }
  return reviewView(request, key, { channel }, deps.portalUrl);
}

async function decided(
  deps: WorkDependencies,
  take: ReturnType<typeof takeDecision>,
  person: Principal,
  { requestId, digest, verdict, reason, alias }: Extract<SlackWork, { kind: 'decide' }>,
): Promise<SlackView> {
  const before = await visibleRequest(deps, person, requestId);
  if (
    verdict === 'approve' &&
    before.request.parameters.operation === 'destroy' &&
    alias?.trim() !== before.key.alias
  ) {
    return noticeView(
      'Not recorded',
      `To approve, type the alias exactly: ${before.key.alias}. Open the request again.`,
    );
  }
  const { done, subject } = await take({ person, requestId, verdict, reason, digest, channel: 'slack' });
  const mine = subject.decisions.findLast(
    (decision) => decision.person.id === person.id && decision.digest === subject.request.digest,
  );
  return done === 'recorded'
    ? noticeView(
        'Recorded',
        `You ${verdict === 'approve' ? 'approved' : 'denied'}. The request is ${subject.request.state}.`,
      )
    : noticeView(
        'You had decided',
        `Your decision stands: ${mine?.verdict ?? ''}, at ${mine?.decidedAt ?? ''}.`,
      );
}

/** A modal that was closed in the meantime is no reason to do the work again. */
async function show({ slack }: WorkDependencies, viewId: string, view: SlackView): Promise<void> {
  try {
    await slack.updateView(viewId, view);
  } catch (error) {
    if (!(error instanceof KeywardError) || error.code !== 'BackendRefused') throw error;
  }
}

async function linkFor({ seal, portalUrl }: WorkDependencies, who: SlackLinkNonce): Promise<string> {
  const nonce = await seal.close('slack-link', { ...who }, LINK_SECONDS);
  return `${portalUrl}/slack-link?nonce=${nonce}`;
}
