import { describe, expect, it } from 'vitest';
import { BackendBusy } from '../../lambdas/domain/errors.ts';
import { slackCodeHash, typedSlackCode } from '../../lambdas/domain/slack-code.ts';
import { aKey, KEY_ID, omar, person, sami } from '../unit/domain/examples.ts';
import {
  enrol,
  expectAccessible,
  expectToFit,
  focused,
  hasFocus,
  virtualAuthenticator,
  visits,
} from './visits.ts';

const { visit, complaints } = visits();

describe('the page of custodians', () => {
  const kim = person('kim', 'custodians');
  const stopButton = { name: 'Stop payments/orders' };

  it('stops a key for whoever says why and types its alias', async () => {
    const { page, portal } = await visit('custody', { who: kim });
    await page.getByRole('button', stopButton).click();
    const dialog = page.getByRole('dialog', stopButton);
    expect(await hasFocus(page, '[role="dialog"] *')).toBe(true);
    for (let times = 0; times < 2; times += 1) {
      await dialog.getByRole('button', { name: 'Stop it now' }).click();
      await dialog.getByText('Say why').first().waitFor();
      await dialog.getByText('Type the alias exactly').first().waitFor();
      await expect.poll(() => hasFocus(page, 'textarea')).toBe(true);
    }
    await dialog.getByLabel('Reason').fill('It leaked.');
    await dialog.getByLabel('type its alias').fill('alias/keyward/payments/order');
    await dialog.getByRole('button', { name: 'Stop it now' }).click();
    await expect.poll(() => hasFocus(page, '[role="dialog"] input')).toBe(true);
    expect((await portal.registry.getKey(KEY_ID))?.state).toBe('active');

    await dialog.getByLabel('type its alias').fill(aKey.alias);
    await page.keyboard.press('Enter');
    await dialog.getByRole('status').getByText('Stopped').waitFor();
    expect(await focused(page)).toContain('Nothing can use the key any more.');
    expect((await portal.registry.getKey(KEY_ID))?.state).toBe('suspended');
    const ledger = await portal.registry.getWholeLedger(KEY_ID);
    expect(ledger.at(-1)).toMatchObject({ actor: { id: kim.id }, details: { reason: 'It leaked.' } });

    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
    expect(await hasFocus(page, 'h1')).toBe(true);
    await page.getByText('suspended, not ratified since').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(complaints()).toEqual([]);
  });

  it('leads from the stopped key to the request that ratifies it', async () => {
    const { page } = await visit('custody', { who: { ...kim, groups: ['custodians', 'security'] } });
    await page.getByRole('button', stopButton).click();
    await page.getByLabel('Reason').fill('It leaked.');
    await page.getByLabel('type its alias').fill(aKey.alias);
    await page.getByRole('button', { name: 'Stop it now' }).click();
    await page.getByRole('link', { name: 'The quorum is asked to ratify it.' }).click();
    await page.getByRole('heading', { level: 1, name: 'revoke payments/orders' }).waitFor();
    expect(await hasFocus(page, 'h1')).toBe(true);
  });

  it('stops nothing for whoever leaves, who is back where they were', async () => {
    const { page, portal } = await visit('custody', { who: kim });
    await page.getByRole('button', stopButton).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await hasFocus(page, '[aria-label="Stop payments/orders"]')).toBe(true);
    expect((await portal.registry.getKey(KEY_ID))?.state).toBe('active');
  });

  it('is not left while a key is being stopped, as if it were left running', async () => {
    const { page } = await visit('custody', { who: kim });
    await page.getByRole('button', stopButton).click();
    await page.getByLabel('Reason').fill('It leaked.');
    await page.getByLabel('type its alias').fill(aKey.alias);
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route('**/stop', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Stop it now' }).click();
    expect(await page.getByRole('button', { name: 'Leave it running' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    goOn();
    await page.getByRole('dialog').getByText('Nothing can use the key any more.').waitFor();
  });

  it('leads to a second factor where there was none, and keeps the reason', async () => {
    const { page, portal, context } = await visit('custody', { who: { ...kim, mfa: false } });
    await page.getByRole('button', stopButton).click();
    await page.getByLabel('Reason').fill('It leaked.');
    await page.getByLabel('type its alias').fill(aKey.alias);
    await page.getByRole('button', { name: 'Stop it now' }).click();
    const link = page.getByRole('link', { name: 'Sign in with a second factor' });
    expect(await link.getAttribute('href')).toContain('sign-in?to=custody&stepUp=mfa');
    await page.getByRole('alert').getByText('What you typed is kept here').waitFor();
    await context.addCookies([await portal.session(kim)]);
    await page.reload();
    await page.getByRole('button', stopButton).click();
    expect(await page.getByLabel('Reason').inputValue()).toBe('It leaked.');
    expect(await page.getByLabel('type its alias').inputValue()).toBe('');
  });

  it('leaves nobody in doubt when no answer comes', async () => {
    const { page } = await visit('custody', { who: kim });
    await page.getByRole('button', stopButton).click();
    await page.getByLabel('Reason').fill('It leaked.');
    await page.getByLabel('type its alias').fill(aKey.alias);
    await page.route('**/stop', (route) => route.abort());
    await page.getByRole('button', { name: 'Stop it now' }).click();
    await page.getByText('what you sent has arrived, or it has not').waitFor();
    expect(await hasFocus(page, '[role="alert"]')).toBe(true);
  });
});

describe('the page of absences', () => {
  it('records one, names who stands in, and ends it', async () => {
    const rami = person('rami', 'security');
    const { page, portal } = await visit('absences', {
      before: async ({ directory }) => void directory.add(rami),
    });
    await page.getByText('You are not away.').waitFor();
    await page.getByRole('textbox', { name: 'First day' }).fill('2026/12/01');
    await page.getByRole('textbox', { name: 'Last day' }).fill('2026/12/05');
    await page.getByLabel('Who stands in for you').click();
    await page.getByRole('option', { name: 'rami' }).click();
    await page.getByRole('button', { name: 'I will be away' }).click();
    await page.getByRole('status').getByText('Recorded.').waitFor();
    expect(await focused(page)).toContain('Recorded.');
    await page.getByText('rami (person:rami) stands in for you').waitFor();
    expect(await portal.registry.absencesOf(sami.id)).toMatchObject([
      { from: '2026-12-01T00:00:00.000Z', until: '2026-12-05T23:59:59.999Z', substitute: { id: rami.id } },
    ]);
    await page.getByRole('button', { name: /^I am back/ }).click();
    await page.getByText('You are not away.').waitFor();
    expect(await focused(page)).toContain('Ended.');
    expect(complaints()).toEqual([]);
  });

  it('says what is wrong, and leads there', async () => {
    const { page, portal } = await visit('absences');
    await page.getByRole('textbox', { name: 'First day' }).fill('2026/12/05');
    await page.getByRole('textbox', { name: 'Last day' }).fill('2026/12/01');
    for (let times = 0; times < 2; times += 1) {
      await page.getByRole('button', { name: 'I will be away' }).click();
      await page.getByText('An absence ends after it begins.').first().waitFor();
      const last = page.getByRole('textbox', { name: 'Last day' });
      await expect.poll(() => last.evaluate((input) => input === document.activeElement)).toBe(true);
    }
    expect(await portal.registry.absencesOf(sami.id)).toEqual([]);
  });

  it('says so while nobody knows whom its reader could name', async () => {
    const { page } = await visit('absences', {
      before: async ({ directory }) => {
        directory.groupsOf = () => Promise.reject(new BackendBusy('The directory is down.'));
      },
    });
    await page.getByText('whom you could name is not known').first().waitFor();
    await page.getByText('You are not away.').waitFor();
  });

  it('says in whose place its reader decides', async () => {
    const { page } = await visit('absences', {
      before: ({ registry }) =>
        registry.putAbsence({
          absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W6',
          person: { kind: 'person', id: omar.id, name: omar.name },
          substitute: { kind: 'person', id: sami.id, name: sami.name },
          from: '2026-11-25T00:00:00.000Z',
          until: '2026-12-05T23:59:59.999Z',
          createdAt: '2026-11-25T03:02:22.000Z',
        }),
    });
    await page.getByText('omar (person:omar), 25 November 2026 at 00:00 UTC').waitFor();
  });
});

describe('the page of passkeys', () => {
  it('enrols one, and removes it', async () => {
    const { page, portal } = await visit('passkeys');
    await virtualAuthenticator(page);
    await page.getByText('You have none yet.').waitFor();
    await enrol(page);
    expect(await focused(page)).toContain('Enrolled.');
    expect(await portal.registry.passkeysOf(sami.id)).toHaveLength(1);
    await page.getByRole('button', { name: 'Remove Laptop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove Laptop' });
    expect(await hasFocus(page, '[role="dialog"] *')).toBe(true);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await hasFocus(page, '[aria-label="Remove Laptop"]')).toBe(true);
    expect(await portal.registry.passkeysOf(sami.id)).toHaveLength(1);
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Remove it' }).click();
    await page.getByText('You have none yet.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect(await focused(page)).toContain('Removed.');
    expect(await portal.registry.passkeysOf(sami.id)).toEqual([]);
    expect(complaints()).toEqual([]);
  });

  it('shows the whole fingerprint, to read out and to copy', async () => {
    const { page, context } = await visit('passkeys', { width: 360 });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const laptop = {
      credentialId: 'Y3JlZGVudGlhbA',
      name: 'Laptop',
      fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      createdAt: '2026-11-25T03:02:22.000Z',
    };
    await page.route('**/api/passkeys', (route) => route.fulfill({ json: { passkeys: [laptop] } }));
    await page.reload();
    const read = '9f86 d081 884c 7d65 9a2f eaa0 c55a d015 a3bf 4f1b 2b0b 822c d15d 6c15 b0f0 0a08';
    await page.getByText(read, { exact: true }).waitFor();
    await page.getByText('npm run verify -- --passkeys').waitFor();
    await expectToFit(page);
    await page.getByRole('button', { name: 'Copy the fingerprint of Laptop' }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(laptop.fingerprint);
    expect(complaints()).toEqual([]);
  });

  it('takes none twice from one device', async () => {
    const { page } = await visit('passkeys');
    await virtualAuthenticator(page);
    await enrol(page);
    await page.getByLabel('Name').fill('Laptop again');
    await page.getByRole('button', { name: 'Enrol a passkey' }).click();
    await page.getByText('This device holds a passkey of yours already.').waitFor();
    expect(await hasFocus(page, '[role="alert"]')).toBe(true);
  });

  it('leads to a second factor where there was none', async () => {
    const { page } = await visit('passkeys', { who: { ...sami, mfa: false } });
    await page.getByLabel('Name').fill('Laptop');
    await page.getByRole('button', { name: 'Enrol a passkey' }).click();
    const link = page.getByRole('link', { name: 'Sign in with a second factor' });
    expect(await link.getAttribute('href')).toContain('sign-in?to=passkeys&stepUp=mfa');
  });
});

describe('the page of the Slack account', () => {
  const account = { teamName: 'Payments Inc.', userName: 'sami.k' };

  it('shows a code to type in Slack, and nothing is linked by looking', async () => {
    const { page, portal } = await visit('slack-link');
    await page.getByText('None is linked.').waitFor();
    await page.getByRole('button', { name: 'Make a code' }).click();
    await page.getByRole('status').getByText('Your code').waitFor();
    const told = await focused(page);
    expect(told).toContain('Give it to nobody');
    const [, typed = ''] = /([0-9A-Z]{5}-[0-9A-Z]{5})/.exec(told) ?? [];
    const code = await portal.registry.slackCode(slackCodeHash(typedSlackCode(typed) ?? ''));
    expect(code).toMatchObject({ person: { id: sami.id } });
    expect(await portal.registry.slackAccountOf(sami.id)).toBeUndefined();
    expect(complaints()).toEqual([]);
  });

  it('says which account is linked, and unlinks it', async () => {
    const { page, portal } = await visit('slack-link', {
      before: ({ linkSlack }) => linkSlack(sami, account),
    });
    await page.getByText('sami.k (U045DE6F7) in the workspace Payments Inc. (T012AB3C4)').waitFor();
    await page.getByRole('button', { name: 'Unlink it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Unlink' });
    await dialog.getByRole('button', { name: 'Keep it linked' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await focused(page)).toContain('Unlink it');
    expect(await portal.registry.slackAccountOf(sami.id)).toBeDefined();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Unlink it' }).click();
    await page.getByText('None is linked.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect(await focused(page)).toContain('Unlinked.');
    expect(await portal.registry.slackAccountOf(sami.id)).toBeUndefined();
    expect(complaints()).toEqual([]);
  });

  it('says in its question why nothing was unlinked', async () => {
    const { page } = await visit('slack-link', { before: ({ linkSlack }) => linkSlack(sami, account) });
    await page.route('**/unlink', (route) => route.abort());
    await page.getByRole('button', { name: 'Unlink it' }).click();
    const dialog = page.getByRole('dialog');
    for (let times = 0; times < 2; times += 1) {
      await dialog.getByRole('button', { name: 'Unlink it' }).click();
      await dialog.getByText('what you sent has arrived, or it has not').waitFor();
      await expect.poll(() => hasFocus(page, '[role="alert"]')).toBe(true);
    }
    await dialog.getByRole('button', { name: 'Keep it linked' }).click();
    await page.getByRole('button', { name: 'Unlink it' }).click();
    expect(await dialog.getByRole('alert').count()).toBe(0);
  });

  it('leads to a second factor where there was none, and back to itself', async () => {
    const { page } = await visit('slack-link', { who: { ...sami, mfa: false } });
    await page.getByRole('button', { name: 'Make a code' }).click();
    const link = page.getByRole('link', { name: 'Sign in with a second factor' });
    expect(await link.getAttribute('href')).toContain('sign-in?to=slack-link&stepUp=mfa');
  });
});
