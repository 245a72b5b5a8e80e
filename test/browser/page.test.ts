import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { approvalMail } from '../../lambdas/approvals/approval-mail.ts';
import { actorOf } from '../../lambdas/domain/principal.ts';
import { olga, omar, person, sami } from '../unit/domain/examples.ts';
import {
  evidence,
  expectAccessible,
  expectToFit,
  hasFocus,
  type Portal,
  press,
  REQUEST,
  type Visit,
  visits,
} from './visits.ts';

/** With `KEYWARD_PICTURES=docs/pictures` the pictures of the documentation are taken anew. */
const pictures = process.env.KEYWARD_PICTURES ?? join(import.meta.dirname, '../../test-results/pictures');
mkdirSync(pictures, { recursive: true });

const { visit, strangers, complaints } = visits();

const custodian = person('kim', 'custodians');

const account = { teamName: 'Payments Inc.', userName: 'sami' };

const absence = {
  absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W6',
  person: actorOf(omar),
  substitute: actorOf(sami),
  from: '2026-11-25T00:00:00.000Z',
  until: '2026-12-05T23:59:59.999Z',
  createdAt: '2026-11-25T03:02:22.000Z',
};

const passkey = {
  credentialId: 'Y3JlZGVudGlhbA',
  personId: sami.id,
  name: 'Laptop',
  publicKey: 'cHVibGljIGtleQ',
  transports: ['internal'],
  createdAt: '2026-11-25T03:02:22.000Z',
};

async function someAbsences({ registry }: Portal): Promise<void> {
  await registry.putAbsence(absence);
  const own = { absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W7', person: actorOf(sami) };
  await registry.putAbsence({ ...absence, ...own, substitute: actorOf(omar) });
}

interface Look {
  readonly name: string;
  readonly path: string;
  /** Words that are there when the page is. */
  readonly words: string;
  readonly visit?: Visit;
  /** What is done on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}

describe('every page', () => {
  const pages: readonly Look[] = [
    { name: 'waiting', path: '', words: 'revoke payments/orders' },
    { name: 'request', path: REQUEST, words: 'Who decides' },
    { name: 'passkeys', path: 'passkeys', words: 'Enrol another' },
    {
      name: 'passkeys-some',
      path: 'passkeys',
      words: 'Fingerprint',
      visit: { before: ({ registry }) => registry.putPasskey(passkey) },
    },
    { name: 'absences', path: 'absences', words: 'I stand in for' },
    { name: 'absences-some', path: 'absences', words: 'stands in for you', visit: { before: someAbsences } },
    { name: 'custody', path: 'custody', words: 'You are no custodian' },
    { name: 'custody-some', path: 'custody', words: 'Stop …', visit: { who: custodian } },
    {
      name: 'custody-stop',
      path: 'custody',
      words: 'Stop …',
      visit: { who: custodian },
      act: (page) => page.getByRole('button', { name: 'Stop payments/orders' }).click(),
    },
    {
      name: 'slack-link',
      path: 'slack-link',
      words: 'None is linked.',
      act: async (page) => {
        await page.getByRole('button', { name: 'Make a code' }).click();
        await page.getByText('Give it to nobody').waitFor();
      },
    },
    {
      name: 'slack-link-some',
      path: 'slack-link',
      words: 'is linked to you since',
      visit: { before: ({ linkSlack }) => linkSlack(sami, account) },
    },
    { name: 'nowhere', path: 'nowhere', words: 'There is no such page' },
  ];
  const looks = [1280, 360].flatMap((width) => [false, true].map((dark) => ({ width, dark })));

  it.each(
    pages.flatMap(({ name, ...look }) => looks.map(({ width, dark }) => ({ name, width, dark, look }))),
  )(
    '$name at $width px (dark: $dark): renders, is accessible, and fits',
    async ({ name, width, dark, look: { path, words, visit: how, act } }) => {
      const { page } = await visit(path, { ...how, width, dark });
      await page.getByText(words).first().waitFor();
      await act?.(page);
      await page.waitForLoadState('networkidle');
      await page.screenshot({
        path: join(pictures, `${name}-${width}${dark ? '-dark' : ''}.png`),
        fullPage: true,
      });
      await expectAccessible(page);
      expect(complaints()).toEqual([]);
      await expectToFit(page);
    },
  );

  it('lets whoever goes by keyboard skip what stands on every page', async () => {
    const { page, portal } = await visit('passkeys');
    await press(page, 'Shift+Tab', '.skip');
    await page.keyboard.press('Enter');
    expect(await hasFocus(page, '#main')).toBe(true);
    expect(page.url()).toBe(`${portal.address}/passkeys`);
    await page.keyboard.press('Tab');
    expect(await hasFocus(page, 'main *')).toBe(true);
  });

  it('has a heading while a request is on its way', async () => {
    const { page, portal } = await visit('');
    await page.route('**/api/requests/*', () => {});
    await page.goto(`${portal.address}/${REQUEST}`);
    await page.getByRole('heading', { level: 1, name: 'Request' }).waitFor();
    await page.getByText('One moment').waitFor();
  });

  it('sets its own words as Cloudscape sets those of its components, and lists as well', async () => {
    const { page } = await visit(REQUEST);
    const fonts = await page.evaluate(() =>
      ['h1', 'h2', '.top strong', '.who', 'main li'].map((query) => {
        const element = document.querySelector(query);
        return element === null ? query : getComputedStyle(element).fontFamily;
      }),
    );
    expect(new Set(fonts).size).toBe(1);
    const indent = await page.evaluate(() =>
      [...document.querySelectorAll('main :is(ul, ol)')].map((list) => {
        const { marginInlineStart, paddingInlineStart } = getComputedStyle(list);
        return Number.parseFloat(marginInlineStart) + Number.parseFloat(paddingInlineStart);
      }),
    );
    expect(Math.max(...indent)).toBeLessThanOrEqual(20);
  });

  it('keeps its parts apart', async () => {
    const { page } = await visit('absences');
    const parts = await page.locator('main [class*="awsui_variant-default"]').all();
    expect(parts).toHaveLength(3);
    const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
    const gaps = boxes.flatMap((box, index) => {
      const above = boxes[index - 1];
      return box && above ? [box.y - above.y - above.height] : [];
    });
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(16);
  });

  it('says how to sign in to somebody whose session is over, and promises no more than is so', async () => {
    const { page, context } = await visit('absences');
    await context.clearCookies();
    await page.reload();
    await page.getByText('You are not signed in').waitFor();
    expect(await page.getByText('is kept').count()).toBe(0);
  });

  it('forgets what was typed when its reader signs out', async () => {
    const { page } = await visit(REQUEST);
    await page.getByLabel('Your reason').fill('Between us.');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are not signed in').waitFor();
    expect(await page.getByText('is kept').count()).toBe(0);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });
});

describe('other people’s words', () => {
  const hostileName = `<img src=x onerror="document.title='pwned'">\u202Etxt`;
  const hostileWord = `${'x'.repeat(300)}${hostileName}`;
  const stranger = { ...person('mallory', 'security'), name: hostileWord.slice(0, 256) };

  const places: readonly (Look & { readonly visit: Visit })[] = [
    {
      name: 'the request',
      path: REQUEST,
      words: '<img src=x',
      visit: {
        options: {
          request: {
            reason: hostileWord,
            requester: { ...actorOf(olga), name: hostileName },
            evidence: { ...evidence, gaps: [hostileWord] },
          },
          key: { description: hostileWord },
        },
      },
    },
    {
      name: 'the list',
      path: '',
      words: '<img src=x',
      visit: {
        options: {
          request: { reason: hostileWord, requester: { ...actorOf(olga), name: hostileName } },
          key: { name: 'k'.repeat(62) },
        },
      },
    },
    {
      name: 'the absences',
      path: 'absences',
      words: '<img src=x',
      visit: {
        before: async ({ registry }) => {
          const substitute = { ...actorOf(omar), name: hostileWord.slice(0, 256) };
          await registry.putAbsence({ ...absence, person: { ...actorOf(omar), name: hostileName } });
          await registry.putAbsence({
            ...absence,
            absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W7',
            person: actorOf(sami),
            substitute,
          });
        },
      },
    },
    {
      name: 'the passkeys',
      path: 'passkeys',
      words: '<img src=x',
      visit: {
        before: ({ registry }) =>
          registry.putPasskey({ ...passkey, name: `${'x'.repeat(20)}<img src=x onerror=alert(1)>` }),
      },
    },
    {
      name: 'the keys to stop',
      path: 'custody',
      words: 'k'.repeat(62),
      visit: {
        who: { ...custodian, name: stranger.name },
        options: { key: { name: 'k'.repeat(62), alias: `alias/keyward/payments/${'k'.repeat(62)}` } },
      },
      act: (page) => page.getByRole('button', { name: /^Stop payments/ }).click(),
    },
    {
      name: 'the Slack account',
      path: 'slack-link',
      words: '<img src=x',
      visit: {
        who: stranger,
        before: ({ linkSlack }) =>
          linkSlack(stranger, { teamName: hostileWord.slice(-128), userName: 'x'.repeat(128) }),
      },
    },
  ];

  it.each(places)('stay text, and in their place: $name', async ({ path, words, visit: how, act }) => {
    const { page } = await visit(path, { ...how, width: 360 });
    await page.getByText(words).first().waitFor();
    await act?.(page);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).not.toBe('pwned');
    expect(await page.locator('main').innerText()).not.toContain('\u202E');
    await expectToFit(page);
    expect(complaints()).toEqual([]);
  });

  it('turn nothing around that stands beside them', async () => {
    const consumers = [{ name: 'שלום', contact: '42', uses: '7 times a day' }];
    const { page } = await visit(REQUEST, { options: { request: { evidence: { ...evidence, consumers } } } });
    const left = (text: string) =>
      page.evaluate((words) => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          if (walker.currentNode.textContent !== words) continue;
          const range = document.createRange();
          range.selectNode(walker.currentNode);
          return range.getBoundingClientRect().left;
        }
        throw new Error(`${words} is not there.`);
      }, text);
    expect(await left('42')).toBeGreaterThan(await left('שלום'));
    expect(await left('7 times a day')).toBeGreaterThan(await left('42'));
  });
});

describe('a mail scanner', () => {
  it('decides nothing, whatever it opens, presses or sends', async () => {
    const { portal, page } = await strangers();
    for (const path of ['', REQUEST, `${REQUEST}/decisions`, `api/${REQUEST}/decisions`]) {
      await page.goto(`${portal.address}/${path}`);
      await page.waitForLoadState('networkidle');
      for (const button of await page.getByRole('button').all())
        await button.click({ timeout: 1000 }).catch(() => {});
    }
    await page.goto(`${portal.address}/${REQUEST}`);
    const answers = await page.evaluate(
      async ({ path, digest }) => {
        const body = JSON.stringify({ verdict: 'approve', reason: 'Scanned.', digest });
        const ask = (method: string, headers: Record<string, string>) =>
          fetch(path, { method, headers, ...(method === 'POST' ? { body } : {}) }).then(
            ({ status }) => status,
          );
        return [
          await ask('HEAD', {}),
          await ask('GET', {}),
          await ask('POST', { 'Content-Type': 'application/json', 'X-Form-Token': 'guessed' }),
          await ask('POST', { 'Content-Type': 'application/x-www-form-urlencoded' }),
        ];
      },
      { path: `${portal.address}/api/${REQUEST}/decisions`, digest: portal.request.digest },
    );
    expect(answers).toEqual([405, 405, 401, 401]);
    expect(await portal.decisions()).toEqual([]);
    expect(await portal.stateNow()).toBe('awaiting-approval');
  });
});

describe('the mail', () => {
  it('looks as it should, in a picture', async () => {
    const { portal, page } = await strangers();
    await page.setViewportSize({ width: 720, height: 900 });
    const { html } = approvalMail(portal.request, portal.key, portal.address, 'asked');
    await page.setContent(html);
    await page.screenshot({ path: join(pictures, 'mail.png'), fullPage: true });
    expect(await page.getByRole('link').count()).toBe(1);
  });
});

it('a stranger is told that there is no such request', async () => {
  const { page } = await visit(REQUEST, { who: person('nina', 'marketing') });
  await page.getByText('There is no such request, or you may not see it.').waitFor();
});
