import { describe, expect, it } from 'vitest';
import type { RequestState } from '../../lambdas/domain/request.ts';
import { aKey, aRequest, olga, person, REQUEST_ID, sami } from '../unit/domain/examples.ts';
import {
  choose,
  comeBack,
  enrol,
  evidence,
  focused,
  hasFocus,
  press,
  REQUEST,
  send,
  virtualAuthenticator,
  visits,
} from './visits.ts';

const { visit, complaints } = visits();

const withPasskey = { request: { approval: { ...aRequest.approval, passkey: true } } };
const otherwise = { ...evidence, gaps: ['Something else is not known.'] };

describe('a decision on the page', () => {
  it('is made with the keyboard alone', async () => {
    const { page, portal } = await visit(REQUEST);
    expect(await hasFocus(page, 'h1')).toBe(true);
    await press(page, 'Tab', 'input[type="radio"]');
    await page.keyboard.press('Space');
    await press(page, 'Tab', 'textarea');
    await page.keyboard.type('I looked at it.');
    await press(page, 'Tab', 'form button');
    await page.keyboard.press('Enter');
    await page.getByText('Your decision is recorded').waitFor();
    expect(await portal.decisions()).toMatchObject([
      { person: { id: sami.id }, verdict: 'approve', reason: 'I looked at it.', channel: 'page' },
    ]);
    expect(complaints()).toEqual([]);
  });

  it('is told of when it is recorded, where the focus then is', async () => {
    const { page } = await visit(REQUEST);
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Not like this.');
    await send(page);
    await page.getByRole('status').getByText('Your decision is recorded').waitFor();
    expect(await focused(page)).toMatch(/You denied it on the page, on 26 November 2026.*: Not like this\./);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('says what is missing, and leads there, each time', async () => {
    const { page, portal } = await visit(REQUEST);
    for (let times = 0; times < 2; times += 1) {
      await send(page);
      await page.getByText('Choose one.').waitFor();
      await page.getByText('Say why').first().waitFor();
      await expect.poll(() => hasFocus(page, 'input[type="radio"]')).toBe(true);
    }
    await choose(page, 'Deny');
    for (let times = 0; times < 2; times += 1) {
      await send(page);
      await expect.poll(() => hasFocus(page, 'textarea')).toBe(true);
    }
    expect(await portal.decisions()).toEqual([]);
  });

  it('leads to what the other side finds wrong, each time', async () => {
    const { page, portal } = await visit(REQUEST);
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Not \u202Elike this.');
    for (let times = 0; times < 2; times += 1) {
      await send(page);
      await page.getByText('without invisible ones').first().waitFor();
      await expect.poll(() => hasFocus(page, 'textarea')).toBe(true);
      await page.getByRole('button', { name: 'Record my decision' }).focus();
    }
    expect(await portal.decisions()).toEqual([]);
  });

  it('tells of the earlier one when somebody has decided elsewhere', async () => {
    const { page, portal } = await visit(REQUEST);
    await portal.decide(sami, { channel: 'slack' });
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Now on the page.');
    await send(page);
    await page.getByRole('status').getByText('You had decided already').waitFor();
    expect(await focused(page)).toMatch(/changed nothing.*You approved it in Slack.*: I looked at it\./);
    expect(await portal.decisions()).toHaveLength(1);
  });

  it('of which no answer comes back is not said to be trouble with a passkey, and can be sent again', async () => {
    const { page, portal } = await visit(REQUEST);
    await page.route('**/decisions', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('I looked at it.');
    for (let times = 0; times < 2; times += 1) {
      await send(page);
      await page.getByRole('alert').getByText('what you sent has arrived, or it has not').waitFor();
      await expect.poll(() => hasFocus(page, '[role="alert"]')).toBe(true);
      await page.getByRole('button', { name: 'Record my decision' }).focus();
    }
    expect(await page.getByRole('alert').innerText()).toContain('Unreachable');
    expect(await page.getByText('Your passkey did not answer').count()).toBe(0);
    await page.unroute('**/decisions');
    await send(page);
    await page.getByText('You had decided already').waitFor();
    expect(await portal.decisions()).toHaveLength(1);
  });

  it('answered with what nobody expects is not said to be trouble with a passkey', async () => {
    const { page } = await visit(REQUEST);
    await page.route('**/decisions', (route) => route.fulfill({ json: { done: 'perhaps' } }));
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('I looked at it.');
    await send(page);
    await page.getByText('The answer is not what this page expects').waitFor();
    expect(await page.getByText('Your passkey did not answer').count()).toBe(0);
  });

  it('is kept when the session is lost, and made after signing in again', async () => {
    const { page, portal, context } = await visit(REQUEST);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('A long thought.');
    await context.clearCookies();
    await send(page);
    await page.getByText('You are not signed in').waitFor();
    await page.getByText('What you typed is kept here').waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toContain(
      `sign-in?to=requests%2F${REQUEST_ID}`,
    );
    await context.addCookies([await portal.session(sami)]);
    await page.reload();
    expect(await page.getByLabel('Your reason').inputValue()).toBe('A long thought.');
    await send(page);
    await page.getByText('Your decision is recorded').waitFor();
  });

  it('on a request that has changed since is not recorded, and made anew without typing it again', async () => {
    const { page, portal } = await visit(REQUEST);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('I looked at all of it.');
    await portal.findOtherwise(otherwise);
    await send(page);
    await page.getByText('The request is not the one you were shown').waitFor();
    await page.getByText('DigestChanged').waitFor();
    await page.getByText('Something else is not known.').waitFor();
    expect(await portal.decisions()).toEqual([]);
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    expect(await page.getByLabel('Your reason').inputValue()).toBe('I looked at all of it.');
    await send(page);
    await page.getByText('Choose one.').waitFor();
    await choose(page, 'Approve');
    await send(page);
    await page.getByText('Your decision is recorded').waitFor();
    const changed = await portal.registry.getRequest(REQUEST_ID);
    expect(await portal.decisions()).toMatchObject([{ digest: changed?.digest }]);
  });

  it('that somebody is about to make is not made on what they have not read', async () => {
    const { page, portal } = await visit(REQUEST);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('I looked at all of it.');
    await portal.findOtherwise(otherwise);
    await comeBack(page);
    await page.getByRole('alert').getByText('The request has changed').waitFor();
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    expect(await page.getByLabel('Your reason').inputValue()).toBe('I looked at all of it.');
  });

  it('to destroy takes the alias', async () => {
    const { page, portal } = await visit(REQUEST, {
      options: { request: { parameters: { operation: 'destroy', windowDays: 30 } } },
    });
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('No longer used.');
    await page.getByLabel('To approve, type the alias').fill('alias/keyward/payments/order');
    await send(page);
    await page.getByText('Type the alias exactly').first().waitFor();
    await page.getByLabel('To approve, type the alias').fill(` ${aKey.alias} `);
    await send(page);
    await page.getByText('Your decision is recorded').waitFor();
    expect(await portal.decisions()).toHaveLength(1);
  });

  it('that takes a second factor leads to one, and can be denied without', async () => {
    const approval = { ...aRequest.approval, mfa: true };
    const { page, portal } = await visit(REQUEST, {
      who: { ...sami, mfa: false },
      options: { request: { approval } },
    });
    await choose(page, 'Approve');
    const link = page.getByRole('link', { name: 'Sign in with a second factor' });
    expect(await link.getAttribute('href')).toContain('stepUp=mfa');
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Not like this.');
    await send(page);
    await page.getByText('denied').first().waitFor();
    await expect.poll(() => portal.stateNow()).toBe('denied');
  });

  it('that comes too late is refused, and the page shows how the request has ended', async () => {
    const { page, portal } = await visit(REQUEST);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('I looked at it.');
    const rami = person('rami', 'security');
    portal.directory.add(rami);
    await portal.decide(rami, { verdict: 'deny', reason: 'Not like this.' });
    await send(page);
    await page.getByText('It is denied').waitFor();
    await page.getByRole('alert').getByText('there is nothing left to decide').waitFor();
    expect(await focused(page)).toContain('RequestClosed, reference visit-1');
    await page.getByText('Not like this.', { exact: true }).waitFor();
    expect(await page.getByLabel('Your reason').count()).toBe(0);
  });

  it('is recorded also where the answer does not say how the request stands then', async () => {
    const { page, portal } = await visit(REQUEST);
    await page.route('**/decisions', async (route) => {
      await route.fetch();
      await route.fulfill({ json: { done: 'recorded' } });
    });
    await choose(page, 'Deny');
    await page.getByLabel('Your reason').fill('Not like this.');
    await send(page);
    await page.getByRole('status').getByText('Your decision is recorded').waitFor();
    await page.getByText('It is denied').waitFor();
    expect(await focused(page)).toMatch(/You denied it on the page.*: Not like this\./);
    expect(await portal.decisions()).toHaveLength(1);
  });
});

describe('a request', () => {
  const takeBack = { name: 'Take the request back' };

  it('is taken back by whoever asked, once they have said so twice', async () => {
    const { page, portal } = await visit(REQUEST, { who: olga });
    await page.getByText('You asked for this yourself').waitFor();
    await page.getByRole('button', takeBack).click();
    const dialog = page.getByRole('dialog', takeBack);
    await dialog.getByRole('button', { name: 'Leave it waiting' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await focused(page)).toContain(takeBack.name);
    expect(await portal.stateNow()).toBe('awaiting-approval');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('It is cancelled').waitFor();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => hasFocus(page, 'h1')).toBe(true);
    expect(await portal.stateNow()).toBe('cancelled');
    expect(complaints()).toEqual([]);
  });

  it('that has ended meanwhile is not taken back, and the page shows how it has ended', async () => {
    const { page, portal } = await visit(REQUEST, { who: olga });
    await page.getByRole('button', takeBack).click();
    await portal.decide(sami, { verdict: 'deny' });
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Take it back' }).click();
    await dialog.getByRole('alert').getByText('RequestClosed').waitFor();
    expect(await hasFocus(page, '[role="alert"]')).toBe(true);
    await page.getByText('It is denied').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await hasFocus(page, 'h1')).toBe(true);
    expect(await page.getByRole('button', takeBack).count()).toBe(0);
  });
});

describe('a decision with a passkey', () => {
  it('is signed with one that was enrolled here', async () => {
    const { page, portal } = await visit('passkeys', { options: withPasskey });
    await virtualAuthenticator(page);
    await enrol(page);
    // In the same tab: another one has another authenticator.
    await page.goto(`${portal.address}/${REQUEST}`);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('Signed.');
    await send(page);
    await page.getByText('second factor, signed with a passkey').first().waitFor();
    const [decision] = await portal.decisions();
    expect(decision?.passkey?.credentialId).toBeTruthy();
    expect(complaints()).toEqual([]);
  });

  it('that its owner does not give is nobody else’s fault', async () => {
    const { page, portal } = await visit('passkeys', { options: withPasskey });
    const { refuse } = await virtualAuthenticator(page);
    await enrol(page);
    await page.goto(`${portal.address}/${REQUEST}`);
    await refuse();
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('Signed.');
    await send(page);
    await page.getByText('Your passkey did not answer').waitFor();
    await page.getByText('It was cancelled, took too long').waitFor();
    expect(await hasFocus(page, '[role="alert"]')).toBe(true);
    expect(await portal.decisions()).toEqual([]);
  });

  it('that was removed meanwhile is refused in the words of the other side', async () => {
    const { page, portal } = await visit('passkeys', { options: withPasskey });
    await virtualAuthenticator(page);
    await enrol(page);
    await page.goto(`${portal.address}/${REQUEST}`);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('Signed.');
    for (const passkey of await portal.registry.passkeysOf(sami.id)) {
      await portal.registry.putPasskey({ ...passkey, removedAt: portal.time.now });
    }
    await send(page);
    await page.getByText('You have no passkey here').waitFor();
    await page.getByText('PasskeyMissing, reference visit-1').waitFor();
    expect(await page.getByText('Your passkey did not answer').count()).toBe(0);
  });

  it('signs what its owner was shown, so that a change since is told as one', async () => {
    const { page, portal } = await visit('passkeys', { options: withPasskey });
    await virtualAuthenticator(page);
    await enrol(page);
    await page.goto(`${portal.address}/${REQUEST}`);
    await choose(page, 'Approve');
    await page.getByLabel('Your reason').fill('Signed.');
    await portal.findOtherwise(otherwise);
    const sent = page.waitForRequest('**/decisions');
    await send(page);
    expect(challengeIn((await sent).postData())).toBe(portal.request.digest);
    await page.getByText('The request is not the one you were shown').waitFor();
    expect(await page.getByLabel('Your reason').inputValue()).toBe('Signed.');
    expect(await portal.decisions()).toEqual([]);
  });
});

/** What the device was asked to sign, in hex. */
function challengeIn(decision: string | null): string {
  const { passkey } = JSON.parse(decision ?? '{}') as { passkey: { response: { clientDataJSON: string } } };
  const signed = Buffer.from(passkey.response.clientDataJSON, 'base64url').toString();
  return Buffer.from((JSON.parse(signed) as { challenge: string }).challenge, 'base64url').toString('hex');
}

describe('where a request stands', () => {
  const looks = {
    accepted: 'info',
    approved: 'info',
    executing: 'info',
    succeeded: 'success',
    failed: 'error',
    denied: 'error',
    expired: 'warning',
    cancelled: 'warning',
  } satisfies Partial<Record<RequestState, string>>;

  it.each(Object.entries(looks))('%s looks like %s', async (state, look) => {
    const { page } = await visit(REQUEST, { options: { request: { state: state as RequestState } } });
    const alert = page.getByRole('status').locator('[data-analytics-alert]');
    expect(await alert.getAttribute('data-analytics-alert')).toBe(look);
    expect(await alert.innerText()).toContain(`It is ${state}`);
  });

  it('is that its time is over when nobody has decided by then', async () => {
    const overdue = { createdAt: '2026-11-13T03:02:22.000Z', expiresAt: '2026-11-20T03:02:22.000Z' };
    const { page } = await visit(REQUEST, { options: { request: overdue } });
    const alert = page.getByRole('status').locator('[data-analytics-alert]');
    expect(await alert.getAttribute('data-analytics-alert')).toBe('warning');
    expect(await alert.innerText()).toMatch(/It ended \d+ days ago, on 20 November 2026/);
  });
});

describe('evidence of nothing', () => {
  const alert = '[data-analytics-alert]';
  const rotation = { operation: 'rotate', cause: 'request' } as const;

  it('warns where not all could be looked at', async () => {
    const bare = { ...evidence, consumers: [] };
    const { page } = await visit(REQUEST, { options: { request: { parameters: rotation, evidence: bare } } });
    const fails = page.locator(alert, { hasText: 'What will fail' });
    expect(await fails.getAttribute('data-analytics-alert')).toBe('warning');
    expect(await fails.innerText()).toContain('That does not say that nothing fails');
    await page.getByText('None is known, and not all could be looked at.').waitFor();
  });

  it('does not where all was', async () => {
    const whole = { ...evidence, gaps: [] };
    const { page } = await visit(REQUEST, {
      options: { request: { parameters: rotation, evidence: whole } },
    });
    for (const part of ['What will fail', 'What is not known']) {
      const shownPart = page.locator(alert, { hasText: part });
      expect(await shownPart.getAttribute('data-analytics-alert')).toBe('info');
    }
  });
});
