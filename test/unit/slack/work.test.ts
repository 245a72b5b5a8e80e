import type { SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import { REVIEW } from '../../../lambdas/slack/request-message.ts';
import { slackWorkQueue } from '../../../lambdas/slack/work-queue.ts';
import { omar, sami } from '../domain/examples.ts';
import { slackWorld } from './slack-world.ts';

const samiInSlack = { id: 'U0SAMI', name: 'sami' };
const stranger = { id: 'U0STRANGER', name: 'stranger' };

let world: Awaited<ReturnType<typeof slackWorld>>;
afterEach(() => world.close());

async function begin(options: Parameters<typeof slackWorld>[0] = {}) {
  world = await slackWorld(options);
  await world.link(samiInSlack, sami);
  await world.settle();
}

async function clicked(user = samiInSlack) {
  const [posted] = world.slack.posted;
  if (posted === undefined) throw new Error('Nothing is posted.');
  await world.slack.click(user, posted, REVIEW);
}

/** A decision that was sent in and waits in the queue. */
async function decisionLeft(verdict = 'approve') {
  await clicked();
  await world.settle();
  const view = world.slack.views.at(-1);
  if (view === undefined) throw new Error('No modal was opened.');
  await world.slack.submit(samiInSlack, view, { verdict, reason: 'Yes.' });
  return view;
}

/** What the queue delivers for this many times. */
const delivered = (receives: number) =>
  ({
    Records: world.queue.map((work, index) => ({
      messageId: `message-${index}`,
      body: JSON.stringify(work),
      attributes: { ApproximateReceiveCount: String(receives) },
    })),
  }) as SQSEvent;
const failed = { batchItemFailures: [{ itemIdentifier: 'message-0' }] };
const done = { batchItemFailures: [] };
const queue = () => slackWorkQueue(world.worker, 5);

describe('a decision that cannot be recorded', () => {
  const busy = () =>
    begin({ deps: { approvalKey: { sign: () => Promise.reject(new BackendBusy('KMS is down.')) } } });

  it('is tried again without a word, and the last time its person is told', async () => {
    await busy();
    const view = await decisionLeft();
    expect(await queue()(delivered(4))).toEqual(failed);
    expect(JSON.stringify(view.view)).toContain('It is being recorded');
    expect(world.slack.whispers).toEqual([]);
    expect(await queue()(delivered(5))).toEqual(failed);
    expect(JSON.stringify(view.view)).toContain('is not tried again');
    expect(world.slack.whispers).toMatchObject([{ user: samiInSlack.id }]);
    expect(world.slack.whispers[0]?.text).toContain('Your decision could not be recorded');
  });

  it('is laid aside as well when its person cannot be told', async () => {
    await busy();
    await decisionLeft();
    world.slack.fail('views.update', 'invalid_auth', 9);
    expect(await queue()(delivered(5))).toEqual(failed);
  });

  it('and is recorded says nothing of it', async () => {
    await begin();
    const view = await decisionLeft();
    expect(await queue()(delivered(5))).toEqual(done);
    expect(JSON.stringify(view.view)).toContain('You approved.');
  });

  it('is not looked for in what is no work of ours', async () => {
    await begin();
    const event = { Records: [{ messageId: 'message-0', body: 'x', attributes: {} }] };
    expect(await queue()(event as unknown as SQSEvent)).toEqual(failed);
  });
});

describe('somebody who has closed the modal', () => {
  it.each([
    ['a stranger', stranger],
    ['an approver', samiInSlack],
  ])('leaves nothing to be done again: %s', async (_who, user) => {
    await begin();
    await clicked(user);
    world.slack.fail('views.update', 'not_found');
    expect(await queue()(delivered(1))).toEqual(done);
  });

  it.each(['user_not_in_channel', 'channel_not_found'])(
    'and has left the channel is told of no refusal: %s',
    async (slackCode) => {
      await begin();
      await decisionLeft();
      await world.decide(omar, { verdict: 'deny' });
      world.slack.fail('views.update', 'not_found');
      world.slack.fail('chat.postEphemeral', slackCode);
      expect(await queue()(delivered(1))).toEqual(done);
      expect(await world.decisions()).toHaveLength(1);
    },
  );

  it('is not who a revoked token keeps from the answer', async () => {
    await begin();
    await clicked();
    world.slack.fail('views.update', 'token_revoked');
    expect(await queue()(delivered(1))).toEqual(failed);
  });
});
