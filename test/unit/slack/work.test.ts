import type { SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendBusy, BackendRefused } from '../../../lambdas/domain/errors.ts';
import { REVIEW } from '../../../lambdas/slack/request-message.ts';
import { slackWorkQueue } from '../../../lambdas/slack/work-queue.ts';
import { TEAM_ID } from '../../../local/slack/server.ts';
import { omar, sami } from '../domain/examples.ts';
import { slackWorld } from './slack-world.ts';

const samiInSlack = { id: 'U0SAMI', name: 'sami' };
const stranger = { id: 'U0STRANGER', name: 'stranger' };

let world: Awaited<ReturnType<typeof slackWorld>>;
let laidAside: string[];
afterEach(() => world.close());

async function begin(options: Parameters<typeof slackWorld>[0] = {}) {
  laidAside = [];
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
async function decisionLeft(filled: Record<string, string> = {}) {
  await clicked();
  await world.settle();
  const view = world.slack.views.at(-1);
  if (view === undefined) throw new Error('No modal was opened.');
  await world.slack.submit(samiInSlack, view, { verdict: 'approve', reason: 'Yes.', ...filled });
  return view;
}

/** Takes the account from whoever it is linked to. */
async function unlinked() {
  const account = await world.registry.slackAccount(TEAM_ID, samiInSlack.id);
  if (account === undefined) throw new Error('It is not linked.');
  await world.registry.unlinkSlackAccount(account, world.time.now);
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
const queue = () =>
  slackWorkQueue(world.worker, { mostReceives: 5, layAside: async (body) => void laidAside.push(body) });
const wordsOf = (it: unknown): string => JSON.stringify(it);

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
    expect(laidAside).toEqual([]);
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
    expect(await queue()(event as unknown as SQSEvent)).toEqual(done);
    expect(laidAside).toEqual(['x']);
  });
});

describe('what trying again does not mend', () => {
  const refused = () => Promise.reject(new BackendRefused('AWS says no.', { awsCode: 'AccessDenied' }));

  it('is told at once to whoever decided, laid aside, and not tried again', async () => {
    await begin({ deps: { approvalKey: { sign: refused } } });
    const view = await decisionLeft();
    expect(await queue()(delivered(1))).toEqual(done);
    expect(laidAside).toEqual([wordsOf(world.queue[0])]);
    for (const words of [wordsOf(view.view), wordsOf(world.slack.whispers)]) {
      expect(words).toContain('Your decision could not be recorded');
      expect(words).toContain('does not mend');
      expect(words).not.toContain('Press');
    }
  });

  it('is told at once to whoever wanted to read: it cannot be decided', async () => {
    await begin({ deps: { directory: { groupsOf: refused } } });
    await clicked();
    expect(await queue()(delivered(1))).toEqual(done);
    expect(laidAside).toHaveLength(1);
    const words = wordsOf(world.slack.views.at(-1)?.view);
    expect(words).toContain('can be neither shown nor decided here');
    expect(words).not.toContain('Press');
  });

  it('is tried again when it cannot even be laid aside', async () => {
    await begin({ deps: { approvalKey: { sign: refused } } });
    await decisionLeft();
    const down = { mostReceives: 5, layAside: () => Promise.reject(new BackendBusy('SQS is down.')) };
    expect(await slackWorkQueue(world.worker, down)(delivered(1))).toEqual(failed);
  });
});

describe('a decision in a modal that named somebody', () => {
  it('is not recorded as anybody else', async () => {
    await begin();
    const view = await decisionLeft();
    await unlinked();
    await world.link(samiInSlack, omar);
    expect(await queue()(delivered(1))).toEqual(done);
    expect(await world.decisions()).toEqual([]);
    expect(wordsOf(view.view)).toContain('no longer stands for whom the modal named');
    expect(world.slack.whispers[0]?.text).toContain('Your decision was not recorded.');
  });

  it('is not recorded when the account stands for nobody, and its sender is told so', async () => {
    await begin();
    const view = await decisionLeft();
    await unlinked();
    expect(await queue()(delivered(1))).toEqual(done);
    expect(await world.decisions()).toEqual([]);
    expect(wordsOf(view.view)).toContain('no longer stands for whom the modal named');
    expect(world.slack.whispers[0]?.text).toContain('Your decision was not recorded.');
  });
});

describe('the directory', () => {
  it('is asked once for each click', async () => {
    await begin();
    await decisionLeft();
    let asked = 0;
    const { directory } = world;
    const groupsOf = directory.groupsOf.bind(directory);
    directory.groupsOf = (id, among) => {
      asked += 1;
      return groupsOf(id, among);
    };
    expect(await queue()(delivered(1))).toEqual(done);
    expect(await world.decisions()).toHaveLength(1);
    expect(asked).toBe(1);
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
    world.slack.fail('views.update', 'token_revoked', 2);
    expect(await queue()(delivered(1))).toEqual(done);
    expect(laidAside).toHaveLength(1);
  });

  it('is told in the channel that a wrong alias was typed', async () => {
    await begin({ request: { parameters: { operation: 'destroy', windowDays: 30 } } });
    await decisionLeft({ alias: 'alias/keyward/payments/order' });
    world.slack.fail('views.update', 'not_found');
    expect(await queue()(delivered(1))).toEqual(done);
    expect(world.slack.whispers[0]?.text).toContain(
      'Your decision was not recorded. To approve, type the alias exactly: alias/keyward/payments/orders.',
    );
  });

  it('is told in the channel that an earlier decision stands, when it says otherwise', async () => {
    await begin();
    await decisionLeft();
    await world.decide(sami, { verdict: 'approve' });
    world.slack.fail('views.update', 'not_found');
    expect(await queue()(delivered(1))).toEqual(done);
    expect(world.slack.whispers).toEqual([]);

    await world.close();
    await begin();
    await decisionLeft({ verdict: 'deny' });
    await world.decide(sami, { verdict: 'approve' });
    world.slack.fail('views.update', 'not_found');
    expect(await queue()(delivered(1))).toEqual(done);
    expect(world.slack.whispers[0]?.text).toContain(
      'Your decision was not recorded. You had decided before, and that stands: approve, at ',
    );
  });
});
