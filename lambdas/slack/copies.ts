import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isGone, type Slack } from '../adapters/slack/slack-client.ts';
import type { Clock } from '../domain/clock.ts';
import { BackendBusy, KeywardError } from '../domain/errors.ts';
import { channelsOf, type Notifications } from '../domain/notifications.ts';
import { groupsDeciding } from '../domain/quorum.ts';
import { finalRequestStates, type RequestRecord } from '../domain/request.ts';
import type { SlackCopy } from '../domain/slack-copy.ts';
import { assertUntouched } from '../domain/untouched.ts';
import { requestMessage } from './request-message.ts';

export interface CopyDependencies {
  readonly registry: Pick<
    Registry,
    | 'getRequest'
    | 'getKey'
    | 'getDecisions'
    | 'slackCopiesOf'
    | 'putSlackCopy'
    | 'claimSlackPost'
    | 'releaseSlackPost'
  >;
  readonly clock: Clock;
  readonly notifications: Notifications;
  readonly slack: Pick<Slack, 'post' | 'update'>;
  readonly portalUrl: string;
}

export type Shown = 'posted' | 'updated' | 'nothing';

/** How often a request that changes while it is shown is shown anew. */
const MOST_TURNS = 5;

/** Longer than it takes to post and to note that, with every repetition: who has not by then has crashed. */
const CLAIM_MILLISECONDS = 2 * 60 * 1000;

/**
 * Makes every message in Slack tell of a request as it is now: posts it to the channels of those who can decide it,
 * and changes those that tell of an earlier version. It acts on the record and not on the event, so that a doubled or
 * late event does no harm.
 *
 * Two events of a request are often worked off at once. One of them claims the post to a channel; the other leaves it
 * alone. Whoever has sent anything looks at the request once more afterwards, and begins again when it has changed: so
 * the last message sent is of the last version, whoever sends it. A message that was posted and not noted, because of a
 * crash or a table that was down, is posted again when the claim is over: one too many rather than none.
 *
 * Every channel has its turn before anything is thrown: BackendBusy (later perhaps), or BackendRefused (somebody has to
 * correct something).
 */
export function slackCopies(deps: CopyDependencies) {
  return async (requestId: string): Promise<Shown> => {
    const mine = new Set<string>();
    let done: Shown = 'nothing';
    let shown: number | undefined;
    for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
      const request = await deps.registry.getRequest(requestId);
      if (request === undefined || request.rowVersion === shown || !isToldOf(request)) return done;
      const now = await show(deps, request, mine);
      if (now === 'nothing') return done;
      if (done === 'nothing') done = now;
      shown = request.rowVersion;
    }
    throw new BackendBusy(`${requestId} changed each time it was shown in Slack; it is tried again.`);
  };
}

function isToldOf({ approval, state }: RequestRecord): boolean {
  return approval.quorum > 0 && state !== 'accepted';
}

/**
 * Shows one version of a request. `mine` are the messages that this run has sent: what it sent may have come after
 * something newer, so they are sent again whatever is noted of them.
 */
async function show(deps: CopyDependencies, request: RequestRecord, mine: Set<string>): Promise<Shown> {
  const { registry, clock, notifications, slack, portalUrl } = deps;
  const { requestId, rowVersion, state } = request;
  const now = await clock();
  const [key, copies, decisions] = await Promise.all([
    registry.getKey(request.keyId),
    registry.slackCopiesOf(requestId),
    registry.getDecisions(requestId),
  ]);
  const behind = copies.filter((copy) => copy.rowVersion < rowVersion || mine.has(copy.ts));
  const missing =
    state === 'awaiting-approval'
      ? channelsOf(notifications, groupsDeciding(request, now)).filter(
          (channel) => !copies.some((copy) => copy.channel === channel),
        )
      : [];
  if (key === undefined || behind.length + missing.length === 0) return 'nothing';
  if (state === 'awaiting-approval') assertUntouched(request, key);

  const message = requestMessage({ request, key, decisions, portalUrl });
  const note = async (channel: string, ts: string): Promise<void> => {
    mine.add(ts);
    const final = finalRequestStates.has(state);
    await registry.putSlackCopy(requestId, { channel, ts, at: now, rowVersion, final });
  };
  const update = async ({ channel, ts }: SlackCopy): Promise<Shown> => {
    await slack.update({ channel, ts }, message).catch((error: unknown) => {
      if (!isGone(error)) throw error;
      log.warn('slack message gone', { code: 'SlackMessageGone', requestId, channel });
    });
    await note(channel, ts);
    return 'updated';
  };
  const post = async (channel: string): Promise<Shown> => {
    const claimedAt = await clock();
    const until = new Date(Date.parse(claimedAt) + CLAIM_MILLISECONDS).toISOString();
    if (!(await registry.claimSlackPost(requestId, channel, claimedAt, until))) return 'nothing';
    const { ts } = await slack.post(channel, message).catch(async (error: unknown) => {
      await registry.releaseSlackPost(requestId, channel);
      throw error;
    });
    await note(channel, ts);
    return 'posted';
  };
  return eachInTurn(requestId, [
    ...behind.map((copy) => ({ channel: copy.channel, work: () => update(copy) })),
    ...missing.map((channel) => ({ channel, work: () => post(channel) })),
  ]);
}

/** Does all of it, and then throws the first failure: a channel that refuses keeps no other waiting. */
async function eachInTurn(
  requestId: string,
  turns: readonly { readonly channel: string; readonly work: () => Promise<Shown> }[],
): Promise<Shown> {
  const done: Shown[] = [];
  const failures: unknown[] = [];
  for (const { channel, work } of turns) {
    try {
      done.push(await work());
    } catch (error) {
      failures.push(error);
      const slackCode = error instanceof KeywardError ? error.details.awsCode : undefined;
      log.error('slack message not shown', { code: 'SlackRefused', requestId, channel, slackCode });
    }
  }
  if (failures.length > 0) throw failures[0];
  return done.find((each) => each === 'posted') ?? done.find((each) => each === 'updated') ?? 'nothing';
}
