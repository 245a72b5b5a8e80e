import { describe, expect, it } from 'vitest';
import { RowConflict } from '../../../lambdas/domain/errors.ts';
import { olga, omar, person, sami } from '../domain/examples.ts';
import { DECISION_PATH, hiddenIn, portalWorld, REQUEST_PATH } from './portal-world.ts';

describe('a decision with the form', () => {
  it('is recorded as the person, reason and digest that it was, and shown', async () => {
    const { cookieOf, decide, show, decisions, request, time } = await portalWorld();
    const cookie = await cookieOf(sami);
    const { status, headers } = await decide(cookie, { reason: '  I saw\r\nthe report.  ' });
    expect([status, headers.Location]).toEqual([303, `../../../portal/requests/${request.requestId}`]);
    expect(await decisions()).toEqual([
      {
        requestId: request.requestId,
        person: { kind: 'person', id: 'person:sami', name: 'sami' },
        groups: ['security'],
        verdict: 'approve',
        reason: 'I saw the report.',
        digest: request.digest,
        channel: 'page',
        mfa: true,
        decidedAt: time.now,
      },
    ]);
    const shown = await show(cookie);
    expect(shown.body).toContain('I saw the report.');
    expect(shown.body).toContain('You have already decided: approve');
    expect(shown.body).not.toContain('<form');
  });

  it('that says no ends the request', async () => {
    const { cookieOf, decide, stateNow } = await portalWorld();
    expect((await decide(await cookieOf(sami), { verdict: 'deny' })).status).toBe(303);
    expect(await stateNow()).toBe('denied');
  });

  it('by the second of two people approves', async () => {
    const { cookieOf, decide, stateNow } = await portalWorld();
    await decide(await cookieOf(sami));
    expect(await stateNow()).toBe('awaiting-approval');
    await decide(await cookieOf(omar));
    expect(await stateNow()).toBe('approved');
  });

  it('is read from a body that the gateway has encoded', async () => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    const form = { ...hiddenIn((await show(cookie)).body), verdict: 'approve', reason: 'Größe geprüft' };
    const { status } = await visit(`POST ${DECISION_PATH}`, {
      cookie,
      form,
      event: {
        body: Buffer.from(new URLSearchParams(form).toString()).toString('base64'),
        isBase64Encoded: true,
      },
    });
    expect(status).toBe(303);
    expect((await decisions())[0]?.reason).toBe('Größe geprüft');
  });

  it('that is sent twice stays the first one', async () => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    const form = { ...hiddenIn((await show(cookie)).body), verdict: 'approve', reason: 'First.' };
    const send = (changes: object) =>
      visit(`POST ${DECISION_PATH}`, { cookie, form: { ...form, ...changes } });
    const answers = await Promise.all([send({}), send({})]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect((await send({ verdict: 'deny', reason: 'On second thoughts.' })).status).toBe(303);
    expect(await decisions()).toMatchObject([{ verdict: 'approve', reason: 'First.' }]);
  });

  it('by two people in the same instant counts both', async () => {
    const { cookieOf, decide, decisions, stateNow } = await portalWorld();
    const cookies = [await cookieOf(sami), await cookieOf(omar)];
    const answers = await Promise.all(cookies.map((cookie) => decide(cookie)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await decisions()).toHaveLength(2);
    expect(await stateNow()).toBe('approved');
  });

  it('that others are before every time is not recorded, and says so', async () => {
    let commits = 0;
    const { cookieOf, decide, decisions } = await portalWorld({
      registry: () => ({
        commit: () => {
          commits += 1;
          return Promise.reject(new RowConflict('Somebody else was first.'));
        },
      }),
    });
    const { status, headers, body } = await decide(await cookieOf(sami));
    expect([status, headers['Retry-After']]).toEqual([503, '1']);
    expect(body).toContain('BackendBusy');
    expect(commits).toBe(4);
    expect(await decisions()).toEqual([]);
  });
});

describe('nothing is recorded', () => {
  it.each(['GET', 'HEAD', 'PUT'])('by a %s', async (method) => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    const form = { ...hiddenIn((await show(cookie)).body), verdict: 'approve', reason: 'Scanned.' };
    for (const path of [DECISION_PATH, REQUEST_PATH]) {
      await visit(`${method} ${path}`, { cookie, form, query: form });
    }
    const { status, headers } = await visit(`${method} ${DECISION_PATH}`, { cookie, form, query: form });
    expect([status, headers.Allow]).toEqual([405, 'POST']);
    expect(await decisions()).toEqual([]);
  });

  it('by a POST of another address', async () => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    const form = { ...hiddenIn((await show(cookie)).body), verdict: 'approve', reason: 'Elsewhere.' };
    expect((await visit(`POST ${REQUEST_PATH}`, { cookie, form })).status).toBe(405);
    expect(await decisions()).toEqual([]);
  });

  it('without a session', async () => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const form = { ...hiddenIn((await show(await cookieOf(sami))).body), verdict: 'approve', reason: 'Who?' };
    const { status, body } = await visit(`POST ${DECISION_PATH}`, { form });
    expect(status).toBe(401);
    expect(body).toContain('SessionEnded');
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['no token', { 'form-token': '' }],
    ['a token of the same length', { 'form-token': 'A'.repeat(43) }],
  ])('from a form with %s', async (_which, changes) => {
    const { cookieOf, decide, decisions } = await portalWorld();
    const { status, body } = await decide(await cookieOf(sami), changes);
    expect(status).toBe(403);
    expect(body).toContain('FormForged');
    expect(await decisions()).toEqual([]);
  });

  it('from a form of somebody else’s session, or of an earlier one', async () => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    for (const other of [omar, sami]) {
      const hidden = hiddenIn((await show(await cookieOf(other))).body);
      const form = { ...hidden, verdict: 'approve', reason: 'Not my form.' };
      expect((await visit(`POST ${DECISION_PATH}`, { cookie, form })).status).toBe(403);
    }
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['of another kind', (body: string) => body, 'application/json'],
    ['that names a field twice', (body: string) => `${body}&verdict=approve`, undefined],
    ['that is too large', (body: string) => `${body}&more=${'x'.repeat(33 * 1024)}`, undefined],
  ])('from a body %s', async (_which, change, contentType) => {
    const { cookieOf, show, visit, decisions } = await portalWorld();
    const cookie = await cookieOf(sami);
    const form = { ...hiddenIn((await show(cookie)).body), verdict: 'approve', reason: 'Odd.' };
    const body = change(new URLSearchParams(form).toString());
    const headers = { cookie, 'content-type': contentType ?? 'application/x-www-form-urlencoded' };
    const answer = await visit(`POST ${DECISION_PATH}`, { event: { body, headers } });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('FormUnreadable');
    expect(await decisions()).toEqual([]);
  });

  it('from an empty body', async () => {
    const { cookieOf, decide, decisions } = await portalWorld();
    expect((await decide(await cookieOf(sami), {}, { body: null })).status).toBe(403);
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['the requester', olga, 403, 'SelfApproval'],
    ['an auditor', person('erin', 'auditors'), 403, 'NotAnApprover'],
    ['somebody who may not see the request', person('mallory'), 404, 'RequestNotFound'],
  ])('for %s, who learns that before anything about the form', async (_who, visitor, status, code) => {
    const { visit, decisions, seal, request } = await portalWorld();
    const formToken = 'f'.repeat(43);
    const sealed = await seal.close('session', { person: visitor, formToken }, 60);
    const answer = await visit(`POST ${DECISION_PATH}`, {
      cookie: `keyward_session=${sealed}`,
      form: { 'form-token': formToken, digest: request.digest, verdict: 'approve', reason: '' },
    });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(code);
    expect(await decisions()).toEqual([]);
  });

  it.each(['approved', 'denied', 'expired', 'cancelled', 'executing'] as const)(
    'on a request that is %s by then',
    async (state) => {
      const { seal, visit, decisions, request } = await portalWorld({ request: { state } });
      const formToken = 'f'.repeat(43);
      const sealed = await seal.close('session', { person: sami, formToken }, 60);
      const { status, body } = await visit(`POST ${DECISION_PATH}`, {
        cookie: `keyward_session=${sealed}`,
        form: { 'form-token': formToken, digest: request.digest, verdict: 'approve', reason: 'Late.' },
      });
      expect(status).toBe(409);
      expect(body).toContain('RequestClosed');
      expect(await decisions()).toEqual([]);
    },
  );

  it('on a digest that is not the request’s', async () => {
    const { cookieOf, decide, decisions } = await portalWorld();
    const { status, body } = await decide(await cookieOf(sami), { digest: 'e'.repeat(64) });
    expect(status).toBe(409);
    expect(body).toContain('DigestChanged');
    expect(await decisions()).toEqual([]);
  });
});

describe('a form that lacks something', () => {
  it.each([
    ['reason', { reason: '  ' }],
    ['reason', { reason: 'x'.repeat(1025) }],
    ['verdict', { verdict: 'maybe' }],
  ])('comes back with what was typed, marked at the %s', async (field, changes) => {
    const { cookieOf, decide, decisions } = await portalWorld();
    const { status, body } = await decide(await cookieOf(sami), changes);
    expect(status).toBe(422);
    expect(body).toContain('Nothing is recorded yet.');
    expect(body).toContain(`aria-describedby="${field}-fault" autofocus`);
    expect(body).toContain(`id="${field}-fault"`);
    expect(hiddenIn(body)).toHaveProperty('form-token');
    expect(await decisions()).toEqual([]);
  });

  const destroy = { request: { parameters: { operation: 'destroy', windowDays: 30 } } } as const;

  it.each(['', 'alias/keyward/payments/order', 'Alias/keyward/payments/orders', 'orders'])(
    'approves no destruction with the alias typed as «%s»',
    async (alias) => {
      const { cookieOf, decide, decisions } = await portalWorld(destroy);
      const { status, body } = await decide(await cookieOf(sami), { alias });
      expect(status).toBe(422);
      expect(body).toContain('aria-describedby="alias-fault" autofocus');
      expect(body).toContain('I looked at it.');
      expect(body).toMatch(/value="approve" required checked/);
      expect(await decisions()).toEqual([]);
    },
  );

  it('approves a destruction with its alias, and denies one without', async () => {
    const { cookieOf, decide, decisions } = await portalWorld(destroy);
    const approved = await decide(await cookieOf(sami), { alias: ' alias/keyward/payments/orders ' });
    const denied = await decide(await cookieOf(omar), { verdict: 'deny' });
    expect([approved.status, denied.status]).toEqual([303, 303]);
    expect((await decisions()).map(({ verdict }) => verdict)).toEqual(
      expect.arrayContaining(['approve', 'deny']),
    );
  });
});
