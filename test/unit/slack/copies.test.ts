import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from '../../../lambdas/adapters/registry/registry.ts';
import { requestRow } from '../../../lambdas/adapters/registry/rows.ts';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import { slackCatchUp } from '../../../lambdas/slack/catch-up.ts';
import { slackCopies } from '../../../lambdas/slack/copies.ts';
import { memoryTable } from '../../machines/memory-table.ts';
import { aRequest, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { PORTAL, slackWorld } from './slack-world.ts';

let world: Awaited<ReturnType<typeof slackWorld>>;
beforeEach(async () => {
  world = await slackWorld();
});
afterEach(() => world.close());

const channelsPosted = () => world.slack.posted.map(({ channel }) => channel).toSorted();
const wordsIn = (channel: string) =>
  JSON.stringify(world.slack.posted.filter((each) => each.channel === channel).map(({ message }) => message));

describe('a request that is no more the one that was asked for', () => {
  it('is told of to nobody', async () => {
    const touched = await slackWorld({ key: { alias: 'alias/keyward/marketing/orders' } });
    await expect(touched.copies(REQUEST_ID)).rejects.toMatchObject({ code: 'RecordCorrupt' });
    expect(touched.slack.posted).toEqual([]);
    await touched.close();
  });
});

describe('the messages of a request, told of by two events at once', () => {
  it('are one in each channel', async () => {
    await Promise.all([world.copies(REQUEST_ID), world.copies(REQUEST_ID), world.copies(REQUEST_ID)]);
    expect(channelsPosted()).toEqual(['C0PAYMENTS', 'C0SECURITY']);
  });

  it('tell of what happened while they were being posted', async () => {
    const first = world.copies(REQUEST_ID);
    await world.decide(sami, { channel: 'page' });
    await Promise.all([first, world.copies(REQUEST_ID)]);
    for (const channel of ['C0PAYMENTS', 'C0SECURITY']) expect(wordsIn(channel)).toContain('sami approved');
  });

  it('end at the newest, whichever event is worked off last', async () => {
    await world.copies(REQUEST_ID);
    await world.decide(sami, { channel: 'page' });
    const late = world.copies(REQUEST_ID);
    await world.decide(omar, { channel: 'page', verdict: 'deny' });
    await Promise.all([world.copies(REQUEST_ID), late]);
    for (const channel of ['C0PAYMENTS', 'C0SECURITY']) expect(wordsIn(channel)).toContain('Denied: revoke');
  });

  it('end at the newest, when something older comes to Slack last and was noted first', async () => {
    await world.copies(REQUEST_ID);
    await world.decide(sami, { channel: 'page' });
    const told = new Map<string, ReturnType<typeof Promise.withResolvers<void>>>();
    const event = (name: string) => {
      const known = told.get(name) ?? Promise.withResolvers<void>();
      told.set(name, known);
      return known;
    };
    const shown = new Map<string, string>();
    const run = (registry: Partial<Registry>, send: (channel: string) => Promise<void>) =>
      slackCopies({
        registry: { ...world.registry, ...registry },
        clock: world.deps.clock,
        notifications: { mail: {} },
        slack: {
          post: () => Promise.reject(new Error('Nothing is posted here.')),
          update: async ({ channel }, { text }) => {
            await send(channel);
            shown.set(channel, text);
          },
        },
        portalUrl: 'https://keyward.test/portal',
      })(REQUEST_ID);

    let isFirstTurn = true;
    const late = run(
      {
        putSlackCopy: async (id, copy) => {
          await world.registry.putSlackCopy(id, copy);
          event(`late noted ${copy.channel}`).resolve();
        },
        getRequest: async (id) => {
          if (!isFirstTurn) await event('newest noted').promise;
          isFirstTurn = false;
          return world.registry.getRequest(id);
        },
      },
      async (channel) => {
        event('late sends').resolve();
        await event(`newest sent ${channel}`).promise;
      },
    );
    await event('late sends').promise;
    await world.decide(omar, { channel: 'page', verdict: 'deny' });
    const newest = run(
      {
        putSlackCopy: async (id, copy) => {
          event(`newest sent ${copy.channel}`).resolve();
          await event(`late noted ${copy.channel}`).promise;
          await world.registry.putSlackCopy(id, copy);
        },
      },
      async () => undefined,
    );
    await newest;
    event('newest noted').resolve();
    await late;
    expect(Object.fromEntries(shown)).toEqual({
      C0PAYMENTS: 'Denied: revoke payments/orders',
      C0SECURITY: 'Denied: revoke payments/orders',
    });
  });

  it('are left alone when they tell of it already', async () => {
    await world.copies(REQUEST_ID);
    expect(await world.copies(REQUEST_ID)).toBe('nothing');
    expect(world.slack.posted.map(({ updates }) => updates)).toEqual([0, 0]);
  });
});

describe('a message that Slack does not take', () => {
  it.each([
    ['invalid_auth', 'BackendRefused'],
    ['token_revoked', 'BackendRefused'],
    ['missing_scope', 'BackendRefused'],
    ['not_in_channel', 'BackendRefused'],
    ['channel_not_found', 'BackendRefused'],
    ['msg_blocks_too_long', 'BackendRefused'],
    ['ratelimited', 'BackendBusy'],
  ])('is tried again, and keeps no other channel waiting: %s', async (slackCode, code) => {
    world.slack.fail('chat.postMessage', slackCode);
    await expect(world.copies(REQUEST_ID)).rejects.toMatchObject({ code });
    expect(channelsPosted()).toHaveLength(1);
    expect(await world.copies(REQUEST_ID)).toBe('posted');
    expect(channelsPosted()).toEqual(['C0PAYMENTS', 'C0SECURITY']);
  });

  it.each(['invalid_auth', 'missing_scope', 'msg_blocks_too_long'])(
    'is changed again, and keeps no other waiting: %s',
    async (slackCode) => {
      await world.copies(REQUEST_ID);
      await world.decide(sami, { channel: 'page' });
      world.slack.fail('chat.update', slackCode);
      await expect(world.copies(REQUEST_ID)).rejects.toMatchObject({ code: 'BackendRefused' });
      expect(world.slack.posted.map(({ updates }) => updates)).toEqual([0, 1]);
      expect(await world.copies(REQUEST_ID)).toBe('updated');
      expect(world.slack.posted.map(({ updates }) => updates)).toEqual([1, 1]);
    },
  );

  it.each(['message_not_found', 'channel_not_found', 'is_archived', 'cant_update_message'])(
    'and that is gone, is passed over: %s',
    async (slackCode) => {
      await world.copies(REQUEST_ID);
      await world.decide(sami, { channel: 'page' });
      world.slack.fail('chat.update', slackCode);
      expect(await world.copies(REQUEST_ID)).toBe('updated');
      expect(await world.copies(REQUEST_ID)).toBe('nothing');
    },
  );
});

describe('a post that its poster did not live to send', () => {
  it('is left to the poster for a while, and then sent by another', async () => {
    const { now } = world.time;
    const until = new Date(Date.parse(now) + 120_000).toISOString();
    expect(await world.registry.claimSlackPost(REQUEST_ID, 'C0SECURITY', now, until)).toBe(true);
    expect(await world.registry.claimSlackPost(REQUEST_ID, 'C0SECURITY', now, until)).toBe(false);
    expect(await world.copies(REQUEST_ID)).toBe('posted');
    expect(channelsPosted()).toEqual(['C0PAYMENTS']);
    await world.catchUp();
    expect(channelsPosted()).toEqual(['C0PAYMENTS']);
    world.time.now = new Date(Date.parse(now) + 121_000).toISOString();
    expect(await world.catchUp()).toEqual({ looked: 1, caughtUp: 1 });
    expect(channelsPosted()).toEqual(['C0PAYMENTS', 'C0SECURITY']);
  });
});

describe('a claim to post', () => {
  const runWith = (registry: Partial<Registry>, ...posted: string[]) =>
    slackCopies({
      registry: { ...world.registry, ...registry },
      clock: world.deps.clock,
      notifications: { mail: {}, slack: { security: ['C0SECURITY'] } },
      slack: {
        post: async (channel) => {
          posted.push(channel);
          return { channel, ts: `1.${posted.length}` };
        },
        update: () => Promise.reject(new Error('Nothing is changed here.')),
      },
      portalUrl: PORTAL,
    })(REQUEST_ID);

  it('is kept when the message was posted and only could not be noted', async () => {
    const putSlackCopy = () => Promise.reject(new BackendBusy('The table is down.'));
    await expect(runWith({ putSlackCopy })).rejects.toMatchObject({ code: 'BackendBusy' });
    expect(await runWith({})).toBe('nothing');
  });

  it('lasts from when it is made, however long that took', async () => {
    const claims: [now: string, until: string][] = [];
    await runWith({
      getDecisions: async () => {
        world.time.now = '2026-11-26T03:30:00.000Z';
        return [];
      },
      claimSlackPost: async (_id, _channel, now, until) => {
        claims.push([now, until]);
        return true;
      },
    });
    expect(claims).toEqual([['2026-11-26T03:30:00.000Z', '2026-11-26T03:32:00.000Z']]);
  });
});

describe('a request that cannot be read', () => {
  it('keeps no other from being caught up', async () => {
    const client = memoryTable();
    const registry = createRegistry({ client, tableName: 'memory' });
    const corrupt = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2A0';
    for (const requestId of [corrupt, REQUEST_ID]) {
      const row = requestRow({ ...aRequest, requestId });
      const Item = requestId === corrupt ? { ...row, record: {} } : row;
      await client.send(new PutCommand({ TableName: 'memory', Item }));
    }
    const shown: string[] = [];
    const copies = async (requestId: string) => {
      await registry.getRequest(requestId);
      shown.push(requestId);
      return 'posted' as const;
    };
    await expect(slackCatchUp({ registry, copies })()).rejects.toMatchObject({ code: 'NotSettled' });
    expect(shown).toEqual([REQUEST_ID]);
  });
});

describe('after an outage of Slack, whose events nobody brings again', () => {
  it('what waits is posted', async () => {
    world.slack.fail('chat.postMessage', 'invalid_auth', 4);
    await expect(world.copies(REQUEST_ID)).rejects.toMatchObject({ code: 'BackendRefused' });
    await expect(world.catchUp()).rejects.toMatchObject({ code: 'NotSettled' });
    expect(channelsPosted()).toEqual([]);
    expect(await world.catchUp()).toEqual({ looked: 1, caughtUp: 1 });
    expect(channelsPosted()).toEqual(['C0PAYMENTS', 'C0SECURITY']);
    expect(await world.catchUp()).toEqual({ looked: 1, caughtUp: 0 });
  });

  it('what ended meanwhile says so, and is looked at no more', async () => {
    await world.copies(REQUEST_ID);
    await world.decide(sami, { channel: 'page', verdict: 'deny' });
    world.slack.fail('chat.update', 'token_revoked', 4);
    await expect(world.copies(REQUEST_ID)).rejects.toMatchObject({ code: 'BackendRefused' });
    await expect(world.catchUp()).rejects.toMatchObject({ code: 'NotSettled' });
    for (const channel of ['C0PAYMENTS', 'C0SECURITY']) expect(wordsIn(channel)).toContain('Approval needed');
    expect(await world.catchUp()).toEqual({ looked: 1, caughtUp: 1 });
    for (const channel of ['C0PAYMENTS', 'C0SECURITY']) expect(wordsIn(channel)).toContain('Denied: revoke');
    expect(await world.catchUp()).toEqual({ looked: 0, caughtUp: 0 });
  });
});

describe('a request that no message tells of', () => {
  it('is one that nobody is asked about', async () => {
    await world.close();
    world = await slackWorld({ request: { approval: { ...aRequest.approval, quorum: 0 } } });
    expect(await world.copies(REQUEST_ID)).toBe('nothing');
    expect(await world.copies('req_01KAWXCYJ7P8M2Q4R6S8T0V2ZZ')).toBe('nothing');
    expect(channelsPosted()).toEqual([]);
  });
});
