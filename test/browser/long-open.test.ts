import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { aKey, KEY_ID, omar, person } from '../unit/domain/examples.ts';
import { choose, comeBack, enrol, REQUEST, send, virtualAuthenticator, visits } from './visits.ts';

const { visit, complaints } = visits();

describe('a page that is open for long', () => {
  it('keeps what it shows, and says that it cannot be asked for anew', async () => {
    const { page } = await visit(REQUEST);
    await page.getByLabel('Your reason').fill('I am reading.');
    await page.route(`**/api/${REQUEST}`, (route) => route.abort());
    await comeBack(page);
    await page.getByText('Keyward does not answer').waitFor();
    expect(await page.getByLabel('Your reason').inputValue()).toBe('I am reading.');
  });

  interface Held {
    readonly what: string;
    readonly path: string;
    readonly act: (page: Page) => Promise<unknown>;
    /** What would be lost with the page. */
    readonly held: (page: Page) => Promise<string>;
  }
  const places: readonly Held[] = [
    {
      what: 'the code for Slack, which is shown once',
      path: 'slack-link',
      act: (page) => page.getByRole('button', { name: 'Make a code' }).click(),
      held: (page) => page.locator('.digest').innerText(),
    },
    {
      what: 'what has come of a decision',
      path: REQUEST,
      act: async (page) => {
        await choose(page, 'Deny');
        await page.getByLabel('Your reason').fill('Not like this.');
        await send(page);
      },
      held: (page) => page.getByRole('status').filter({ hasText: 'Your decision is recorded' }).innerText(),
    },
    {
      what: 'a passkey that was just enrolled, and the name of the next',
      path: 'passkeys',
      act: async (page) => {
        await virtualAuthenticator(page);
        await enrol(page);
        await page.getByLabel('Name').fill('Telephone');
      },
      held: async (page) =>
        (await page.getByText('Enrolled. Read').innerText()) + (await page.getByLabel('Name').inputValue()),
    },
    {
      what: 'an absence that is being typed',
      path: 'absences',
      act: (page) => page.getByRole('textbox', { name: 'First day' }).fill('2026/12/01'),
      held: (page) => page.getByRole('textbox', { name: 'First day' }).inputValue(),
    },
  ];

  it.each(places)('keeps $what while its reader signs in again', async ({ path, act, held }) => {
    const { page, context } = await visit(path);
    await act(page);
    const before = await held(page);
    expect(before).not.toBe('');
    const cookies = await context.cookies();
    await context.clearCookies();
    await comeBack(page);
    // Said once, whatever else cannot be asked for.
    const told = page.getByText('You are not signed in');
    await told.first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(await told.count()).toBe(1);
    const link = page.getByRole('link', { name: 'Sign in' });
    expect(await link.getAttribute('href')).toContain(`sign-in?to=${encodeURIComponent(path)}`);
    expect(await held(page)).toBe(before);
    await context.addCookies(cookies);
    await comeBack(page);
    await told.waitFor({ state: 'hidden' });
    expect(await held(page)).toBe(before);
    expect(complaints()).toEqual([]);
  });

  it('keeps nothing for somebody else, who has signed in meanwhile', async () => {
    const { page, context, portal } = await visit('slack-link');
    await page.getByRole('button', { name: 'Make a code' }).click();
    await page.getByText('Your code').waitFor();
    await context.addCookies([await portal.session(omar)]);
    await comeBack(page);
    await page.getByText('omar, second factor').waitFor();
    await page.getByText('None is linked.').waitFor();
    expect(await page.getByText('Your code').count()).toBe(0);
  });

  it('keeps a stop that is under way while there is no network', async () => {
    const { page, portal } = await visit('custody', { who: person('kim', 'custodians') });
    await page.getByRole('button', { name: 'Stop payments/orders' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('It leaked.');
    await dialog.getByLabel('type its alias').fill(aKey.alias);
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    await page.route('**/stop', async (route) => {
      await held;
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Stop it now' }).click();
    await page.route('**/api/session', (route) => route.abort());
    await comeBack(page);
    await page.getByText('Keyward does not answer').waitFor();
    goOn();
    await dialog.getByText('Nothing can use the key any more.').waitFor();
    expect((await portal.registry.getKey(KEY_ID))?.state).toBe('suspended');
  });
});
