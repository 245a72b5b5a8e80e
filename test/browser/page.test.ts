import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { approvalMail } from '../../lambdas/approvals/approval-mail.ts';
import { actorOf, type Principal } from '../../lambdas/domain/principal.ts';
import type { RequestRecord } from '../../lambdas/domain/request.ts';
import { aKey, aRequest, olga, person, REQUEST_ID, sami } from '../unit/domain/examples.ts';
import { startChromium } from './chromium.ts';
import { startPortal } from './portal-server.ts';

/** With `KEYWARD_PICTURES=docs/pictures` the pictures of the documentation are taken anew. */
const pictures = process.env.KEYWARD_PICTURES ?? join(import.meta.dirname, '../../test-results/pictures');
mkdirSync(pictures, { recursive: true });

const REQUEST = `requests/${REQUEST_ID}`;
const hostileName = `<img src=x onerror="document.title='pwned'">\u202Etxt`;
const hostileWord = `${'x'.repeat(300)}${hostileName}`;
const evidence: NonNullable<RequestRecord['evidence']> = {
  collectedAt: '2026-11-25T03:02:23.000Z',
  window: { from: '2026-08-27T03:02:23.000Z', to: '2026-11-25T03:02:23.000Z' },
  kmsKeys: [
    {
      version: 1,
      kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0f2c9a4e-6b1d-4c57-9a3e-2d7f5b8c1e60',
      keyState: 'Enabled',
      aliases: ['alias/keyward/payments/orders'],
      grants: [
        {
          grantId: 'g1',
          grantee: 'arn:aws:iam::111122223333:role/checkout',
          operations: ['Decrypt', 'GenerateDataKey'],
        },
      ],
      policyPrincipals: ['arn:aws:iam::111122223333:root'],
      lastUse: { operation: 'Decrypt', at: '2026-11-24T22:10:00.000Z' },
    },
  ],
  consumers: [{ name: 'checkout', contact: '#team-checkout', uses: 'Reads orders; no sales without.' }],
  gaps: ['Who used the key in the last P90D is not known: usage records are not collected.'],
};

let browser: Browser;
let portal: Awaited<ReturnType<typeof startPortal>>;
let context: BrowserContext;
/** What a page complained of: errors of scripts, and what its content security policy refused. */
let complaints: string[];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
afterEach(async () => {
  await context.close();
  await portal.close();
});

type Visit = {
  readonly who?: Principal;
  readonly width?: number;
  readonly dark?: boolean;
  readonly options?: Parameters<typeof startPortal>[0];
};

async function visit(
  path: string,
  { who = sami, width = 1280, dark = false, options }: Visit = {},
): Promise<Page> {
  portal = await startPortal({ ...options, request: { evidence, ...options?.request } });
  context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  await context.addCookies([await portal.session(who)]);
  return openAt(path);
}

async function openAt(path: string): Promise<Page> {
  complaints = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    // That somebody is not signed in, or was refused, is said by its status.
    if (message.type() === 'error' && !/the server responded with a status of 4/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${portal.address}/${path}`);
  await page.locator('h1').waitFor();
  return page;
}

const choose = (page: Page, label: string) => page.getByRole('radio', { name: label, exact: false }).check();
const send = (page: Page) =>
  page.getByRole('button', { name: /Record my decision|Sign with my passkey/ }).click();

describe('every page', () => {
  const pages: readonly (readonly [string, string, string])[] = [
    ['waiting', '', 'revoke payments/orders'],
    ['request', REQUEST, 'Who decides'],
    ['passkeys', 'passkeys', 'Enrol another'],
    ['absences', 'absences', 'I stand in for'],
    ['custody', 'custody', 'You are no custodian'],
    ['nowhere', 'nowhere', 'There is no such page'],
  ];
  const looks = [
    { width: 1280, dark: false },
    { width: 360, dark: false },
    { width: 1280, dark: true },
  ];

  it.each(
    pages.flatMap(([name, path, words]) =>
      looks.map(({ width, dark }) => ({ name, path, words, width, dark })),
    ),
  )(
    '$name at $width px (dark: $dark): renders, is accessible, and fits',
    async ({ name, path, words, ...look }) => {
      const page = await visit(path, look);
      await page.getByText(words).first().waitFor();
      await page.waitForLoadState('networkidle');
      await page.screenshot({
        path: join(pictures, `${name}-${look.width}${look.dark ? '-dark' : ''}.png`),
        fullPage: true,
      });
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      ).toEqual([]);
      expect(complaints).toEqual([]);
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      expect(scroll).toBeLessThanOrEqual(client);
    },
  );

  it('keeps other people’s words text, and in their place', async () => {
    const request = {
      reason: hostileWord,
      requester: { ...actorOf(olga), name: hostileName },
      evidence: { ...evidence, gaps: [hostileWord] },
    };
    const page = await visit(REQUEST, {
      width: 360,
      options: { request, key: { description: hostileWord } },
    });
    await page.getByText('<img src=x').first().waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).not.toBe('pwned');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
  });
});

describe('a decision on the page', () => {
  it('is made with the keyboard alone', async () => {
    const page = await visit(REQUEST);
    const press = async (key: string, until: () => Promise<boolean>): Promise<void> => {
      for (let count = 0; count < 60; count += 1) {
        if (await until()) return;
        await page.keyboard.press(key);
      }
      throw new Error(`${key} led nowhere.`);
    };
    const focused = (what: string) =>
      page.evaluate((query) => document.activeElement?.matches(query) ?? false, what);
    expect(await focused('h1')).toBe(true);
    await press('Tab', () => focused('input[type="radio"]'));
    await page.keyboard.press('Space');
    await press('Tab', () => focused('textarea'));
    await page.keyboard.type('I looked at it.');
    await press('Tab', () => focused('form button'));
    await page.keyboard.press('Enter');
    await page.getByText('sami (person:sami) approved').or(page.getByText('sami approved')).first().waitFor();
    expect(await portal.decisions()).toMatchObject([
      { person: { id: sami.id }, verdict: 'approve', reason: 'I looked at it.', channel: 'page' },
    ]);
    expect(complaints).toEqual([]);
  });

  it('says what is missing, and leads there', async () => {
    const page = await visit(REQUEST);
    await send(page);
    await page.getByText('Choose one.').waitFor();
    await page.getByText('Say why').waitFor();
    expect(await portal.decisions()).toEqual([]);
  });

  it('tells of the earlier one when somebody has decided elsewhere', async () => {
    const page = await visit(REQUEST);
    await portal.decide(sami, { channel: 'api' });
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Now on the page.');
    await send(page);
    await page.getByText('You have already decided: approve').waitFor();
    expect(await portal.decisions()).toHaveLength(1);
  });

  it('is kept when the session is lost, and made after signing in again', async () => {
    const page = await visit(REQUEST);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('A long thought.');
    await context.clearCookies();
    await send(page);
    await page.getByText('You are not signed in').waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toContain(
      `sign-in?to=requests%2F${REQUEST_ID}`,
    );
    await context.addCookies([await portal.session(sami)]);
    await page.reload();
    expect(await page.getByLabel('Your reason').inputValue()).toBe('A long thought.');
    await send(page);
    await page.getByText('sami approved').or(page.getByText('(person:sami) approved')).first().waitFor();
  });

  it('to destroy takes the alias', async () => {
    const page = await visit(REQUEST, {
      options: { request: { parameters: { operation: 'destroy', windowDays: 30 } } },
    });
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('No longer used.');
    await page.getByLabel('To approve, type the alias').fill('alias/keyward/payments/order');
    await send(page);
    await page.getByText('Type the alias exactly').waitFor();
    await page.getByLabel('To approve, type the alias').fill(aKey.alias);
    await send(page);
    await page.getByText('approved').first().waitFor();
    await expect.poll(() => portal.decisions()).toHaveLength(1);
  });

  it('that takes a second factor leads to one, and can be denied without', async () => {
    const approval = { ...aRequest.approval, mfa: true };
    const page = await visit(REQUEST, { who: { ...sami, mfa: false }, options: { request: { approval } } });
    await choose(page, 'Approve');
    const link = page.getByRole('link', { name: 'Sign in with a second factor' });
    expect(await link.getAttribute('href')).toContain('stepUp=mfa');
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Not like this.');
    await send(page);
    await page.getByText('denied').first().waitFor();
    await expect.poll(() => portal.stateNow()).toBe('denied');
  });

  it('is signed with a passkey that was enrolled here', async () => {
    const approval = { ...aRequest.approval, passkey: true };
    const page = await visit('passkeys', { options: { request: { approval } } });
    await virtualAuthenticator(await context.newCDPSession(page));
    await page.getByLabel('Name').fill('Laptop');
    await page.getByRole('button', { name: 'Enrol a passkey' }).click();
    await page.getByText('Enrolled. Read its fingerprint').waitFor();
    await page.screenshot({ path: join(pictures, 'passkey-enrolled.png'), fullPage: true });

    // In the same tab: another one has another authenticator.
    await page.goto(`${portal.address}/${REQUEST}`);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('Signed.');
    await send(page);
    await expect.poll(() => portal.decisions()).toHaveLength(1);
    await page.getByText('second factor, signed with a passkey').first().waitFor();
    const [decision] = await portal.decisions();
    expect(decision?.passkey?.credentialId).toBeTruthy();
    expect(complaints).toEqual([]);
  });

  it('is taken back by whoever asked', async () => {
    const page = await visit(REQUEST, { who: olga });
    await page.getByText('You asked for this yourself').waitFor();
    await page.getByRole('button', { name: 'Take the request back' }).click();
    await page.getByText('It is cancelled').waitFor();
    expect(await portal.stateNow()).toBe('cancelled');
  });
});

describe('a mail scanner', () => {
  it('decides nothing, whatever it opens, presses or sends', async () => {
    portal = await startPortal();
    context = await browser.newContext();
    complaints = [];
    const page = await context.newPage();
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
    portal = await startPortal();
    context = await browser.newContext({ viewport: { width: 720, height: 900 } });
    const page = await context.newPage();
    const request = { ...aRequest, evidence };
    await page.setContent(approvalMail(request, aKey, portal.address, 'asked').html);
    await page.screenshot({ path: join(pictures, 'mail.png'), fullPage: true });
    expect(await page.getByRole('link').count()).toBe(1);
  });
});

/** A device with a passkey store, whose owner always proves who they are. */
async function virtualAuthenticator(session: CDPSession): Promise<void> {
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

it('a stranger is told that there is no such request', async () => {
  const nina = person('nina', 'marketing');
  const page = await visit(REQUEST, { who: nina });
  await page.getByText('There is no such request, or you may not see it.').waitFor();
});
