import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Slack } from '../adapters/slack/slack-client.ts';
import type { Clock } from '../domain/clock.ts';
import { KeywardError } from '../domain/errors.ts';
import { channelsOf, type Notifications } from '../domain/notifications.ts';
import { groupsDeciding } from '../domain/quorum.ts';
import { requestMessage } from './request-message.ts';

export interface CopyDependencies {
  readonly registry: Pick<
    Registry,
    'getRequest' | 'getKey' | 'getDecisions' | 'slackCopiesOf' | 'putSlackCopy'
  >;
  readonly clock: Clock;
  readonly notifications: Notifications;
  readonly slack: Pick<Slack, 'post' | 'update'>;
  readonly portalUrl: string;
}

/**
 * Makes every message in Slack tell of a request as it is now: posts it to the channels of those who can decide it,
 * and changes those that are there. It acts on the record and not on the event, so that a doubled or late event does no
 * harm. A message that was posted and not noted, because of a crash, is posted again; both tell the truth afterwards, or
 * the first stays as it was: one too many rather than none.
 */
export function slackCopies(deps: CopyDependencies) {
  const { registry, clock, notifications, slack, portalUrl } = deps;
  return async (requestId: string): Promise<'posted' | 'updated' | 'nothing'> => {
    const request = await registry.getRequest(requestId);
    if (request === undefined || request.approval.quorum === 0 || request.state === 'accepted')
      return 'nothing';
    const key = await registry.getKey(request.keyId);
    if (key === undefined) return 'nothing';
    const now = await clock();
    const [copies, decisions] = await Promise.all([
      registry.slackCopiesOf(requestId),
      registry.getDecisions(requestId),
    ]);
    const message = requestMessage({ request, key, decisions, portalUrl });
    const missing =
      request.state === 'awaiting-approval'
        ? channelsOf(notifications, groupsDeciding(request, now)).filter(
            (channel) => !copies.some((copy) => copy.channel === channel),
          )
        : [];
    for (const copy of copies) await unlessGone(requestId, () => slack.update(copy, message));
    for (const channel of missing) {
      await unlessGone(requestId, async () => {
        const { ts } = await slack.post(channel, message);
        await registry.putSlackCopy(requestId, { channel, ts, at: now });
      });
    }
    return missing.length > 0 ? 'posted' : copies.length > 0 ? 'updated' : 'nothing';
  };
}

/** A channel that is archived, or a message that somebody deleted, keeps the others from nothing. */
async function unlessGone(requestId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof KeywardError) || error.code !== 'BackendRefused') throw error;
    log.error('slack message not shown', {
      code: 'SlackRefused',
      requestId,
      slackCode: error.details.awsCode,
    });
  }
}
