import { afterEach, describe, expect, it } from 'vitest';
import type { Evidence } from '../../../lambdas/domain/request.ts';
import { REVIEW, requestMessage } from '../../../lambdas/slack/request-message.ts';
import { reviewView } from '../../../lambdas/slack/views.ts';
import { lengthOf, message, modal } from '../../../local/slack/limits.ts';
import { aKey, aRequest, REQUEST_ID, sami } from '../domain/examples.ts';
import { PORTAL, slackWorld } from './slack-world.ts';

const gap = 'The usage of version 30 could not be looked at.';
const evidenceOf = (versions: number, principals = 1): Evidence => ({
  collectedAt: aRequest.createdAt,
  kmsKeys: Array.from({ length: versions }, (_, version) => ({
    version: version + 1,
    kmsKeyArn: `arn:aws:kms:eu-west-1:111122223333:key/${version}`,
    keyState: 'Enabled',
    aliases: [],
    grants: [],
    policyPrincipals: Array.from(
      { length: principals },
      (_each, index) => `arn:aws:iam::111122223333:role/application-${index}`,
    ),
  })),
  gaps: [gap],
});
const much = { ...aRequest, evidence: evidenceOf(80) };
const little = { ...aRequest, evidence: evidenceOf(2) };
const messageOf = (request: typeof aRequest) =>
  requestMessage({ request, key: aKey, decisions: [], portalUrl: PORTAL });
const modalOf = (request: typeof aRequest) => reviewView(request, aKey, { channel: 'C1', as: sami }, PORTAL);
const wordsOf = (it: unknown): string => JSON.stringify(it);

describe('evidence that is more than Slack takes', () => {
  it.each([
    ['message', messageOf],
    ['modal', modalOf],
  ])('begins with what is not known, and says how much more the page has: %s', (_where, shownOf) => {
    const shown = wordsOf(shownOf(much));
    expect(shown).toContain(`Not known: ${gap}`);
    expect(shown.indexOf('Not known')).toBeLessThan(shown.indexOf('Version 1:'));
    const listed = [...shown.matchAll(/Version \d+:/g)].length;
    expect(listed).toBeGreaterThan(10);
    expect(shown).toContain(`${80 - listed} more on the page`);
    expect(lengthOf(shownOf(much)['blocks'])).toBeLessThan(12_000);
  });

  it.each([
    ['message', messageOf],
    ['modal', modalOf],
  ])('says nothing of more when all of it is there: %s', (_where, shownOf) => {
    const shown = wordsOf(shownOf(little));
    expect(shown).toContain('Version 2:');
    expect(shown).not.toContain('more on the page');
  });

  it('counts a line that was cut as not shown', () => {
    const shown = wordsOf(modalOf({ ...aRequest, evidence: evidenceOf(1, 100) }));
    expect(shown).toContain('1 more on the page');
  });

  it('is not approved in a modal, which leads to the page; a no can be said', () => {
    const shown = wordsOf(modalOf(much));
    expect(shown).toContain('approve on the page');
    expect(shown).toContain(`${PORTAL}/requests/${REQUEST_ID}`);
    expect(shown).not.toContain('"value":"approve"');
    expect(shown).toContain('"value":"deny"');
    expect(wordsOf(modalOf(little))).toContain('"value":"approve"');
  });
});

describe('evidence that is shown whole', () => {
  it('says by what names a key goes, what its grants allow, and what was not looked at', () => {
    const [kmsKey] = evidenceOf(1).kmsKeys;
    if (kmsKey === undefined) throw new Error('There is none.');
    const grants = [
      { grantId: 'a', grantee: 'arn:aws:iam::111122223333:role/a', operations: ['Decrypt', 'DescribeKey'] },
      { grantId: 'b', grantee: 'dynamodb.eu-west-1.amazonaws.com', operations: ['Encrypt'] },
    ];
    const evidence = { ...evidenceOf(0), kmsKeys: [{ ...kmsKey, aliases: ['alias/a', 'alias/b'], grants }] };
    for (const shown of [messageOf, modalOf].map((of) => wordsOf(of({ ...aRequest, evidence })))) {
      expect(shown).toContain('aliases: alias/a, alias/b');
      expect(shown).toContain(
        'Grants of version 1: arn:aws:iam::111122223333:role/a (Decrypt, DescribeKey); dynamodb.eu-west-1.amazonaws.com (Encrypt)',
      );
      expect(shown).toContain('Not known: Who used the key over a time was not looked at.');
      expect(shown).toContain('Not known: Whether anybody has registered as a consumer of the key');
      expect(shown).not.toContain('more on the page');
    }
  });
});

describe('what Slack takes in all', () => {
  it('is what the local Slack takes', () => {
    const blocks = (count: number) =>
      Array.from({ length: count }, () => ({
        type: 'section' as const,
        text: { type: 'plain_text' as const, text: 'x'.repeat(2900) },
      }));
    const whole = { channel: 'C1', text: 'x', unfurl_links: false, unfurl_media: false };
    expect(message.safeParse({ ...whole, blocks: blocks(4) }).success).toBe(true);
    expect(message.safeParse({ ...whole, blocks: blocks(5) }).success).toBe(false);
    expect(modal.safeParse(modalOf(much)).error).toBeUndefined();
  });
});

describe('an approval of what was not all shown', () => {
  let world: Awaited<ReturnType<typeof slackWorld>>;
  afterEach(() => world.close());

  it('is refused when it is sent in all the same, and a no is not', async () => {
    world = await slackWorld({ request: { evidence: evidenceOf(80) } });
    const user = { id: 'U0SAMI', name: 'sami' };
    await world.link(user, sami);
    await world.settle();
    const [posted] = world.slack.posted;
    if (posted === undefined) throw new Error('Nothing is posted.');
    await world.slack.click(user, posted, REVIEW);
    await world.settle();
    const view = world.slack.views.at(-1);
    if (view === undefined) throw new Error('No modal was opened.');
    const decide = async (verdict: string) => {
      await world.slack.submit(user, view, { verdict, reason: 'I looked at it.' });
      await world.settle();
      return wordsOf(view.view);
    };
    const shown = view.view;
    expect(await decide('approve')).toContain('approve on the page');
    expect(world.slack.whispers[0]?.text).toContain('Your decision was not recorded.');
    expect(await world.decisions()).toEqual([]);
    view.view = shown;
    expect(await decide('deny')).toContain('You denied.');
    expect(await world.stateNow()).toBe('denied');
    expect(world.slack.refusals).toEqual([]);
  });
});
