import { createServer } from 'node:http';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slackSecretsReader } from '../../../lambdas/adapters/slack/secrets.ts';
import { signedBody } from '../../../lambdas/adapters/slack/signature.ts';
import { createSlack } from '../../../lambdas/adapters/slack/slack-client.ts';
import { cancelRequest } from '../../../lambdas/domain/decision.ts';
import { REVIEW, requestMessage } from '../../../lambdas/slack/request-message.ts';
import { noticeView, reviewView } from '../../../lambdas/slack/views.ts';
import { message, modal } from '../../../local/slack/limits.ts';
import { aKey, aRequest, decisionOf, olga, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { PORTAL, slackWorld } from './slack-world.ts';

const samiInSlack = { id: 'U0SAMI', name: 'sami' };
const omarInSlack = { id: 'U0OMAR', name: 'omar' };

let world: Awaited<ReturnType<typeof slackWorld>>;
const begin = async (options: Parameters<typeof slackWorld>[0] = {}) => {
  await world?.close();
  world = await slackWorld(options);
  await world.link(samiInSlack, sami);
  await world.link(omarInSlack, omar);
  await world.settle();
};
beforeEach(() => begin());
afterEach(() => world.close());

const posted = (channel = 'C0SECURITY') => {
  const found = world.slack.posted.find((each) => each.channel === channel);
  if (found === undefined) throw new Error(`Nothing is posted in ${channel}.`);
  return found;
};
const wordsOf = (it: unknown): string => JSON.stringify(it);

/** Opens the modal of the request as somebody in Slack does. */
async function opened(user = samiInSlack) {
  expect((await world.slack.click(user, posted(), REVIEW)).status).toBe(200);
  await world.settle();
  const view = world.slack.views.findLast((each) => each.user === user.id);
  if (view === undefined) throw new Error('No modal was opened.');
  return view;
}

async function decided(filled: Record<string, string> = {}, user = samiInSlack) {
  const view = await opened(user);
  await world.slack.submit(user, view, { verdict: 'approve', reason: 'I looked at it.', ...filled });
  await world.settle();
  return view;
}

describe('a request in Slack', () => {
  it('is posted once in each channel of those who can decide it, with all they have to know', async () => {
    await world.settle();
    expect(world.slack.posted.map(({ channel }) => channel).toSorted()).toEqual(['C0PAYMENTS', 'C0SECURITY']);
    const shown = wordsOf(posted().message);
    for (const part of [
      'Approval needed: revoke payments/orders',
      'Suspected leak of a backup.',
      'olga (person:olga)',
      '2 of payments, security; never the requester',
      'Usage before 2026-11-01 is unknown.',
      '2026-12-02 03:02 UTC',
      `${PORTAL}/requests/${REQUEST_ID}`,
    ]) {
      expect(shown).toContain(part);
    }
    expect(world.slack.refusals).toEqual([]);
  });

  it('is decided in a modal, and every message tells of it', async () => {
    const view = await decided();
    expect(wordsOf(view.view)).toContain('You approved. The request is awaiting-approval.');
    expect(await world.decisions()).toMatchObject([
      {
        person: { id: sami.id },
        channel: 'slack',
        verdict: 'approve',
        mfa: false,
        reason: 'I looked at it.',
      },
    ]);
    for (const channel of ['C0SECURITY', 'C0PAYMENTS']) {
      expect(wordsOf(posted(channel).message)).toContain('sami approved: I looked at it.');
    }
    await decided({ verdict: 'deny', reason: 'Not now.' }, omarInSlack);
    expect(await world.stateNow()).toBe('denied');
    for (const channel of ['C0SECURITY', 'C0PAYMENTS']) {
      const shown = wordsOf(posted(channel).message);
      expect(shown).toContain('Denied: revoke payments/orders');
      expect(shown).not.toContain(`"action_id":"${REVIEW}"`);
    }
    expect(world.slack.refusals).toEqual([]);
  });

  it('that is cancelled can no longer be decided, and its messages say so', async () => {
    const view = await opened();
    const [request, key] = [
      await world.registry.getRequest(REQUEST_ID),
      await world.registry.getKey(aRequest.keyId),
    ];
    if (request === undefined || key === undefined) throw new Error('They are gone.');
    await world.registry.commit(cancelRequest({ now: world.time.now, request, key, requester: olga }));
    await world.settle();
    expect(wordsOf(posted().message)).toContain('Cancelled: revoke');
    await world.slack.submit(samiInSlack, view, { verdict: 'approve', reason: 'Yes.' });
    await world.settle();
    expect(wordsOf(view.view)).toContain('This request is cancelled: there is nothing left to decide.');
    expect(world.slack.whispers).toMatchObject([{ user: samiInSlack.id, channel: 'C0SECURITY' }]);
  });

  it('clicked by two in the same instant tells both the truth', async () => {
    await begin({ request: { approval: { ...aRequest.approval, quorum: 1 } } });
    const [one, other] = [await opened(samiInSlack), await opened(omarInSlack)];
    await Promise.all([
      world.slack.submit(samiInSlack, one, { verdict: 'approve', reason: 'Yes.' }),
      world.slack.submit(omarInSlack, other, { verdict: 'deny', reason: 'No.' }),
    ]);
    await world.settle();
    const told = [one, other].map(({ view }) => wordsOf(view));
    expect(told.filter((words) => words.includes('there is nothing left to decide'))).toHaveLength(1);
    expect(await world.decisions()).toHaveLength(1);
  });

  it('answers before it works: Slack waits for nothing but the door', async () => {
    const view = await opened();
    const { status, body, attempts } = await world.slack.submit(samiInSlack, view, {
      verdict: 'approve',
      reason: 'Yes.',
    });
    expect({ status, attempts }).toEqual({ status: 200, attempts: 1 });
    expect(body).toMatchObject({ response_action: 'update' });
    expect(await world.decisions()).toEqual([]);
    expect(world.queue).toHaveLength(1);
  });

  it('sent again by Slack, or replayed, is decided once', async () => {
    const view = await opened();
    await world.slack.submit(samiInSlack, view, { verdict: 'approve', reason: 'Yes.' });
    await Promise.all([world.slack.replay(), world.slack.replay()]);
    await world.settle();
    expect(await world.decisions()).toHaveLength(1);
    expect(wordsOf(view.view)).toContain('Your decision stands: approve');
  });

  it('wants a choice and a reason, and says so at their fields', async () => {
    const view = await opened();
    const { body } = await world.slack.submit(samiInSlack, view, { reason: '  \n ' });
    expect(body).toEqual({
      response_action: 'errors',
      errors: { verdict: 'Choose one.', reason: 'Say why, in one line.' },
    });
    expect(world.queue).toEqual([]);
  });

  it('is for those whose account is linked; of others a code is asked, and their name counts for nothing', async () => {
    const impostor = { id: 'U0OTHER', name: 'sami' };
    const view = await opened(impostor);
    expect(wordsOf(view.view)).toContain('Keyward does not know yet whose Slack account this is.');
    expect(wordsOf(view.view)).toContain(`"url":"${PORTAL}/slack-link"`);
    expect(await world.decisions()).toEqual([]);
  });

  it('says in whose name it is decided', async () => {
    expect(wordsOf((await opened()).view)).toContain('You decide here as sami (person:sami).');
  });

  it('is not there for those who may not see it', async () => {
    const nina = { id: 'U0NINA', name: 'nina' };
    await world.link(nina, { ...sami, id: 'person:nina', name: 'nina' });
    const view = await opened(nina);
    expect(wordsOf(view.view)).toContain('There is no such request, or you may not see it.');
  });

  it('is not the requester’s to decide, as everywhere', async () => {
    const olgaInSlack = { id: 'U0OLGA', name: 'olga' };
    await world.link(olgaInSlack, olga);
    const view = await decided({}, olgaInSlack);
    expect(wordsOf(view.view)).toContain('You asked for this yourself.');
    expect(world.slack.whispers).toHaveLength(1);
    expect(await world.decisions()).toEqual([]);
  });

  it('that takes a second factor is denied in Slack, and approved on the page', async () => {
    await begin({ request: { approval: { ...aRequest.approval, mfa: true } } });
    const view = await opened();
    expect(wordsOf(view.view)).toContain('which Slack cannot prove');
    await world.slack.submit(samiInSlack, view, { verdict: 'approve', reason: 'Yes.' });
    await world.settle();
    expect(wordsOf(view.view)).toContain('takes a sign-in with a second factor');
    expect(await world.decisions()).toEqual([]);
    await decided({ verdict: 'deny' });
    expect(await world.stateNow()).toBe('denied');
  });

  it('to destroy takes the alias, typed', async () => {
    await begin({ request: { parameters: { operation: 'destroy', windowDays: 30 } } });
    const wrong = await decided({ alias: 'alias/keyward/payments/order' });
    expect(wordsOf(wrong.view)).toContain('type the alias exactly');
    expect(await world.decisions()).toEqual([]);
    await decided({ alias: 'alias/keyward/payments/orders' });
    expect(await world.decisions()).toHaveLength(1);
  });
});

describe('what did not come from our Slack', () => {
  it.each([
    ['signed with another secret', { secret: 'f'.repeat(32) }],
    ['signed long ago', { timestamp: Math.floor(Date.now() / 1000) - 400 }],
    ['signed in the future', { timestamp: Math.floor(Date.now() / 1000) + 400 }],
    ['of another workspace', { team: 'T0OTHER' }],
    ['without a signature', { signature: '' }],
    ['with a short signature', { signature: 'v0=ab' }],
    ['with another version of signature', { signature: `v1=${'a'.repeat(64)}` }],
  ])('is refused: %s', async (_what, forged) => {
    expect(await world.slack.click(samiInSlack, posted(), REVIEW, forged)).toMatchObject({ status: 401 });
    const view = await opened();
    expect(
      await world.slack.submit(samiInSlack, view, { verdict: 'approve', reason: 'Yes.' }, forged),
    ).toMatchObject({ status: 401 });
    await world.settle();
    expect(await world.decisions()).toEqual([]);
  });

  const secret = 'a signing secret';
  it.each([
    ['altered', 'payload=1', 'payload=2'],
    ['longer', 'payload=1', 'payload=1&x'],
  ])('is refused when its body is %s', async (_what, signed, sent) => {
    const timestamp = '1800000000';
    const { createHmac } = await import('node:crypto');
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${signed}`).digest('hex')}`;
    const headers = { 'x-slack-signature': signature, 'X-SLACK-Request-Timestamp': timestamp };
    const read = (body: string, isBase64Encoded = false) =>
      signedBody({ body, isBase64Encoded, headers }, secret, 1_800_000_001);
    await expect(read(sent)).rejects.toMatchObject({ code: 'Unauthenticated' });
    expect(await read(signed)).toBe(signed);
    expect(await read(Buffer.from(signed).toString('base64'), true)).toBe(signed);
    await expect(
      signedBody({ body: signed, isBase64Encoded: false, headers }, '', 1_800_000_001),
    ).rejects.toThrow();
  });
});

describe('Slack when it fails', () => {
  it('keeps a message for later when it throttles, and the others true when one is gone', async () => {
    await world.decide(sami);
    world.slack.fail('chat.update', 'ratelimited');
    await expect(world.copies(REQUEST_ID)).rejects.toMatchObject({ code: 'BackendBusy' });
    world.slack.fail('chat.update', 'message_not_found');
    expect(await world.copies(REQUEST_ID)).toBe('updated');
  });

  it('is not sent a message twice for want of an answer, for that may be posted twice', async () => {
    const calls: (string | undefined)[] = [];
    const mute = createServer(({ url, socket }) => {
      calls.push(url);
      socket.destroy();
    });
    await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : '';
    const client = createSlack(async () => 'xoxb-1', `http://127.0.0.1:${port}/api/`);
    const say = { text: 'x', blocks: [] };
    await expect(client.post('C1', say)).rejects.toMatchObject({ code: 'BackendBusy' });
    await expect(client.update({ channel: 'C1', ts: '1.0' }, say)).rejects.toMatchObject({
      code: 'BackendBusy',
    });
    expect(calls).toEqual(['/api/chat.postMessage', '/api/chat.update', '/api/chat.update']);
    mute.close();
  });

  it('says nothing of the token in its errors', async () => {
    const client = createSlack(async () => 'xoxb-wrong-token', world.slack.apiUrl);
    const error: unknown = await client.whisper('C1', 'U1', 'x').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BackendRefused', details: { awsCode: 'invalid_auth' } });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('xoxb');
  });

  it('is not spoken to without its secrets', async () => {
    for (const text of ['', '{}', 'no JSON', '{"botToken":""}']) {
      await expect(slackSecretsReader(async () => text)()).rejects.toMatchObject({
        code: 'BackendStateUnexpected',
      });
    }
  });
});

describe('other people’s words', () => {
  const hostile = [
    '<!channel> <@U0ADMIN> <https://evil.example|Approve>',
    '*bold* `code` :boom:',
    '\u202Etxt.exe',
    'line\nbreak',
    'x'.repeat(1024),
    '&'.repeat(1024),
    '"\\'.repeat(512),
    '👩‍👩‍👧‍👦'.repeat(200),
  ];

  it('stay plain text within Slack’s limits, whatever they are', () => {
    const anyText = fc.oneof(
      fc.constantFrom(...hostile),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1024 }),
    );
    fc.assert(
      fc.property(anyText, anyText, anyText, (reason, requester, grantee) => {
        const kmsKey = {
          version: 1,
          kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
          keyState: 'Enabled',
          aliases: [],
          grants: [{ grantId: 'g', grantee, operations: ['Decrypt'] }],
        };
        const request = {
          ...aRequest,
          reason,
          requester: { ...aRequest.requester, name: requester },
          evidence: {
            collectedAt: aRequest.createdAt,
            kmsKeys: Array.from({ length: 40 }, () => kmsKey),
            gaps: [grantee, reason],
          },
        };
        const decisions = [decisionOf({ ...sami, name: requester }, { reason })];
        const built = requestMessage({ request, key: aKey, decisions, portalUrl: PORTAL });
        const still = { channel: 'C1', unfurl_links: false, unfurl_media: false };
        expect(message.safeParse({ ...still, ...built }).error).toBeUndefined();
        expect(built.text).not.toContain('<');
        expect(
          modal.safeParse(reviewView(request, aKey, { channel: 'C1', as: sami }, PORTAL)).error,
        ).toBeUndefined();
        expect(modal.safeParse(noticeView(reason, grantee)).error).toBeUndefined();
        expect(JSON.stringify(built)).not.toContain('mrkdwn');
      }),
      { numRuns: 60 },
    );
  }, 20_000);

  it('are not read as markup in what only one person sees', async () => {
    const client = createSlack(async () => world.slack.secrets.botToken, world.slack.apiUrl);
    await client.whisper('C1', 'U1', '<!channel> & <@U1>');
    expect(world.slack.whispers.at(-1)?.text).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt;');
  });
});
