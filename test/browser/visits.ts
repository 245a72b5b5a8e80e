import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Principal } from '../../lambdas/domain/principal.ts';
import type { RequestRecord } from '../../lambdas/domain/request.ts';
import { REQUEST_ID, sami } from '../unit/domain/examples.ts';
import { startChromium } from './chromium.ts';
import { startPortal } from './portal-server.ts';

export const REQUEST = `requests/${REQUEST_ID}`;

export const evidence: NonNullable<RequestRecord['evidence']> = {
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
  gaps: ['Who used the key in the last 90 days is not known: usage records are not collected.'],
};

export type Portal = Awaited<ReturnType<typeof startPortal>>;

export interface Visit {
  readonly who?: Principal;
  readonly width?: number;
  readonly dark?: boolean;
  readonly options?: Parameters<typeof startPortal>[0];
  /** What there is before the page is opened. */
  readonly before?: (portal: Portal) => Promise<void>;
}

/** Opens pages of a portal of each test's own, in one browser for all tests of a file. */
export function visits() {
  let browser: Browser;
  let portal: Portal | undefined;
  let context: BrowserContext | undefined;
  /** What a page complained of: errors of scripts, and what its content security policy refused. */
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await context?.close();
    await portal?.close();
  });

  async function open({ who, width = 1280, dark = false, options }: Visit): Promise<void> {
    portal = await startPortal({ ...options, request: { evidence, ...options?.request } });
    if (who !== undefined) portal.directory.add(who);
    context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    });
    complaints = [];
  }

  return {
    /** A portal, and a browser in which nobody is signed in. */
    strangers: async (): Promise<{ readonly portal: Portal; readonly page: Page }> => {
      await open({});
      return { portal: current(portal), page: await current(context).newPage() };
    },

    visit: async (path: string, visit: Visit = {}) => {
      await open(visit);
      const [here, browsing] = [current(portal), current(context)];
      await browsing.addCookies([await here.session(visit.who ?? sami)]);
      await visit.before?.(here);
      const page = await browsing.newPage();
      page.on('console', (message) => {
        // That somebody is not signed in, or was refused, is said by its status.
        if (message.type() === 'error' && !/the server responded with a status of 4/.test(message.text())) {
          complaints.push(message.text());
        }
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${here.address}/${path}`);
      await shown(page);
      return { page, portal: here, context: browsing };
    },

    complaints: (): readonly string[] => complaints,
  };
}

function current<T>(opened: T | undefined): T {
  if (opened === undefined) throw new Error('Nothing is open yet.');
  return opened;
}

/** The page has all that it asked for. */
export async function shown(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.getByText('One moment').waitFor({ state: 'hidden' });
}

/** As when its reader comes back to the page from elsewhere. */
export const comeBack = (page: Page): Promise<unknown> =>
  page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));

export const choose = (page: Page, label: string) =>
  page.getByRole('radio', { name: label, exact: false }).check();

export const send = (page: Page) =>
  page.getByRole('button', { name: /Record my decision|Sign with my passkey/ }).click();

/** The text of what has the focus. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent ?? '');

export const hasFocus = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate((query) => document.activeElement?.matches(query) ?? false, selector);

/** Presses a key until it has led somewhere. */
export async function press(page: Page, key: string, selector: string): Promise<void> {
  for (let count = 0; count < 60; count += 1) {
    if (await hasFocus(page, selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} led nowhere.`);
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
    [],
  );
}

/** Nothing stands out to the right. */
export async function expectToFit(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
}

/** A device with a passkey store, whose owner always proves who they are until told otherwise. */
export async function virtualAuthenticator(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** The owner walks away. */
    refuse: () => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false }),
  };
}

/** Enrols a passkey on the page of them. */
export async function enrol(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('Laptop');
  await page.getByRole('button', { name: 'Enrol a passkey' }).click();
  await page.getByText('Enrolled. Read its fingerprint').waitFor();
}
