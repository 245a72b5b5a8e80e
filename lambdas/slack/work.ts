import { askedOnce } from '../adapters/asked-once.ts';
import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Slack } from '../adapters/slack/slack-client.ts';
import { asOfNowFor, type DecisionDependencies } from '../approvals/take-decision.ts';
import { visibleRequest } from '../approvals/visible-request.ts';
import { Forbidden, isTransient, KeywardError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { decideInSlack } from './decide.ts';
import { inVain } from './in-vain.ts';
import type { SlackWork } from './interaction.ts';
import { accountLinker, type LinkDependencies } from './link-account.ts';
import { type Outcome, tell } from './tell.ts';
import { linkView, noticeView, reviewView } from './views.ts';

export interface WorkDependencies extends DecisionDependencies {
  readonly registry: DecisionDependencies['registry'] &
    LinkDependencies['registry'] &
    Pick<Registry, 'slackAccount'>;
  readonly slack: Pick<Slack, 'updateView' | 'whisper'>;
  readonly portalUrl: string;
}

/**
 * What the door left for later: to show a request in a modal, to record a decision by the same rules as on every
 * channel, or to link an account. A Slack account stands for the person whose code was typed in it; what Slack says of a
 * name counts for nothing, and a second factor it cannot prove. Refusals are seen by whoever clicked, and by nobody else.
 *
 * Throws what was not done. What may go through later (a transient error) is tried again without a word, but not when
 * `isLast`; whatever else fails is not, and the person is told at once. A refusal is told, and done with.
 */
export function slackWorker(deps: WorkDependencies) {
  return async (work: SlackWork, { isLast = false } = {}): Promise<void> => {
    const isOver = (error: unknown): boolean => isLast || !isTransient(error);
    const notTold = (error: unknown): void =>
      log.error('slack person not told', { code: 'SlackPersonNotTold', error: error as Error });
    let outcome: Outcome;
    try {
      outcome = await outcomeOf({ ...deps, directory: askedOnce(deps.directory) }, work);
    } catch (error) {
      // What failed is thrown, and not that this failed too.
      if (isOver(error)) await tell(deps.slack, work, inVain(work, isTransient(error))).catch(notTold);
      throw error;
    }
    try {
      await tell(deps.slack, work, outcome);
    } catch (error) {
      if (isOver(error)) notTold(error);
      throw error;
    }
  };
}

/** With the directory asked once, which all that is checked on the way is checked against. */
type Asking = Omit<WorkDependencies, 'slack'>;

async function outcomeOf(deps: Asking, work: SlackWork): Promise<Outcome> {
  try {
    return await doneWith(deps, work);
  } catch (error) {
    if (!(error instanceof KeywardError) || isTransient(error) || error.kind === 'fault') throw error;
    return {
      view: noticeView('Not recorded', error.message),
      whispered: `Your decision was not recorded. ${error.message}`,
    };
  }
}

async function doneWith(deps: Asking, work: SlackWork): Promise<Outcome> {
  if (work.kind === 'link') return { view: linked(await accountLinker(deps)(work)) };
  const account = await deps.registry.slackAccount(work.who.teamId, work.who.userId);
  if (work.kind === 'decide' && account?.person.id !== work.personId) {
    // A modal stays open while its account is unlinked, and linked to somebody else.
    throw new Forbidden(
      'This Slack account no longer stands for whom the modal named. Press «Review» once more.',
    );
  }
  if (account === undefined) return { view: linkView(deps.portalUrl) };
  const signedIn: Principal = { ...account.person, groups: [], mfa: false };
  const person = await asOfNowFor(deps, signedIn, work.requestId);
  return work.kind === 'review' ? review(deps, person, work) : decideInSlack(deps, person, work);
}

function linked(done: Awaited<ReturnType<ReturnType<typeof accountLinker>>>) {
  if ('refused' in done) return noticeView('Not linked', done.refused);
  const { name, id } = done.account.person;
  return noticeView(
    'Linked',
    `What is decided with this Slack account now counts as decided by ${name} (${id}). If that is not you, tell whoever runs Keyward.`,
    'Press «Review» once more.',
  );
}

async function review(
  deps: Asking,
  person: Principal,
  { requestId, channel }: Extract<SlackWork, { kind: 'review' }>,
): Promise<Outcome> {
  const { request, key } = await visibleRequest(deps, person, requestId);
  if (request.state !== 'awaiting-approval') {
    const view = noticeView('Review', `There is nothing left to decide: this request is ${request.state}.`);
    return { view };
  }
  return { view: reviewView(request, key, { channel, as: person }, deps.portalUrl) };
}
