import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isNobodyThere, type Slack, type SlackView } from '../adapters/slack/slack-client.ts';
import { asOfNow, type DecisionDependencies, takeDecision } from '../approvals/take-decision.ts';
import { visibleRequest } from '../approvals/visible-request.ts';
import { KeywardError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { SlackWork } from './interaction.ts';
import { accountLinker, type LinkDependencies } from './link-account.ts';
import { shownRequest } from './shown-request.ts';
import { linkView, NOT_ALL_SHOWN, noticeView, reviewView } from './views.ts';

export interface WorkDependencies extends DecisionDependencies {
  readonly registry: DecisionDependencies['registry'] &
    LinkDependencies['registry'] &
    Pick<Registry, 'slackAccount'>;
  readonly slack: Pick<Slack, 'updateView' | 'whisper'>;
  readonly portalUrl: string;
}

type Work<Kind extends SlackWork['kind']> = Extract<SlackWork, { kind: Kind }>;

/**
 * What the door left for later: to show a request in a modal, to record a decision by the same rules as on every
 * channel, or to link an account. A Slack account stands for the person whose code was typed in it; what Slack says of a
 * name counts for nothing, and a second factor it cannot prove. Refusals are seen by whoever clicked, and by nobody else.
 *
 * Throws what may go through later (BackendBusy): it is tried again. With `isLast` it is not, and the person is told. A
 * refusal is told, and done with.
 */
export function slackWorker(deps: WorkDependencies) {
  const take = takeDecision(deps);
  const link = accountLinker(deps);
  const shownFor = async (work: SlackWork): Promise<SlackView> => {
    const { who } = work;
    if (work.kind === 'link') return linked(await link(work));
    const account = await deps.registry.slackAccount(who.teamId, who.userId);
    if (account === undefined) return linkView(deps.portalUrl);
    const signedIn: Principal = { ...account.person, groups: [], mfa: false };
    const person = await asOfNow(deps.directory, signedIn);
    return work.kind === 'review' ? review(deps, person, work) : decided(deps, take, person, work);
  };
  return async (work: SlackWork, { isLast = false } = {}): Promise<void> => {
    try {
      await show(deps, work.viewId, await shownFor(work));
    } catch (error) {
      if (error instanceof KeywardError && error.kind !== 'transient' && error.kind !== 'fault') {
        await refuse(deps, work, error.message, `Your decision was not recorded. ${error.message}`);
        return;
      }
      if (isLast) await giveUp(deps, work);
      throw error;
    }
  };
}

function linked(done: Awaited<ReturnType<ReturnType<typeof accountLinker>>>): SlackView {
  if ('refused' in done) return noticeView('Not linked', done.refused);
  const { name, id } = done.account.person;
  return noticeView(
    'Linked',
    `What is decided with this Slack account now counts as decided by ${name} (${id}). If that is not you, tell whoever runs Keyward.`,
    'Press «Review» once more.',
  );
}

async function review(
  deps: WorkDependencies,
  person: Principal,
  { requestId, channel }: Work<'review'>,
): Promise<SlackView> {
  const { request, key } = await visibleRequest(deps, person, requestId);
  if (request.state !== 'awaiting-approval') {
    return noticeView('Review', `There is nothing left to decide: this request is ${request.state}.`);
  }
  return reviewView(request, key, { channel, as: person }, deps.portalUrl);
}

async function decided(
  deps: WorkDependencies,
  take: ReturnType<typeof takeDecision>,
  person: Principal,
  { requestId, digest, verdict, reason, alias }: Work<'decide'>,
): Promise<SlackView> {
  const { request, key } = await visibleRequest(deps, person, requestId);
  if (verdict === 'approve') {
    if (!shownRequest(request, key).complete) return noticeView('Not recorded', NOT_ALL_SHOWN);
    if (request.parameters.operation === 'destroy' && alias?.trim() !== key.alias) {
      return noticeView(
        'Not recorded',
        `To approve, type the alias exactly: ${key.alias}. Open the request again.`,
      );
    }
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

/** In the modal, and to whoever has closed it in the channel. */
async function refuse(
  deps: WorkDependencies,
  work: SlackWork,
  why: string,
  whispered: string,
): Promise<void> {
  await show(deps, work.viewId, noticeView('Not recorded', why));
  if (work.kind !== 'decide' || work.channel === '') return;
  await unlessNobodyThere(() => deps.slack.whisper(work.channel, work.who.userId, whispered));
}

const inVain: Readonly<Record<SlackWork['kind'], string>> = {
  // An answer that was lost may hide that it was recorded.
  decide:
    'Your decision could not be recorded, and is not tried again. Open the page: it shows whether it stands after all, and there you can decide.',
  review: 'The request could not be read. Press «Review» again, or open the page.',
  link: 'Your account could not be linked. Press «Review» again, with a new code.',
};

/** Nobody is left to believe that it is still being worked on. What failed is thrown, and not that this failed too. */
async function giveUp(deps: WorkDependencies, work: SlackWork): Promise<void> {
  try {
    await refuse(deps, work, inVain[work.kind], inVain[work.kind]);
  } catch (error) {
    log.error('slack person not told', { code: 'SlackPersonNotTold', error: error as Error });
  }
}

function show({ slack }: WorkDependencies, viewId: string, view: SlackView): Promise<void> {
  return unlessNobodyThere(() => slack.updateView(viewId, view));
}

/** That nobody is there to be told any more is no reason to do the work again. */
async function unlessNobodyThere(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
  }
}
