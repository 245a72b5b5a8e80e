import { describe, expect, it } from 'vitest';
import { passkeyOptions, requestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { BackendBusy, RowConflict } from '../../../lambdas/domain/errors.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { aRequest, olga, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { Authenticator } from './authenticator.ts';
import {
  DECISIONS_PATH,
  decidedIn,
  enrolledPage,
  erin,
  mallory,
  ORIGIN,
  portalWorld,
  REQUEST_PATH,
  refusalIn,
  type Sent,
} from './portal-world.ts';
import { silentDirectory } from './proofs.ts';

describe('a decision on the page', () => {
  it('is recorded as the person, reason and digest that it was, and shown', async () => {
    const { pageOf, decisions, request, time } = await portalWorld();
    const { decide, show } = await pageOf(sami);
    const answer = await decide({ reason: '  I saw\r\nthe report.  ' });
    expect(answer.status).toBe(200);
    const { done, request: shown } = decidedIn(answer);
    expect([done, shown.approved, shown.quorum]).toEqual(['recorded', 1, 2]);
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
        signature: expect.objectContaining({ algorithm: 'ECDSA_SHA_256' }) as unknown,
      },
    ]);
    expect(await show()).toMatchObject({
      decisions: [
        { person: 'sami (person:sami)', reason: 'I saw the report.', channel: 'page', counts: true },
      ],
      may: { decide: false, why: expect.stringContaining('You have already decided: approve') as unknown },
    });
  });

  it('that says no ends the request', async () => {
    const { pageOf, stateNow } = await portalWorld();
    const { decide } = await pageOf(sami);
    expect(decidedIn(await decide({ verdict: 'deny' })).request.state).toBe('denied');
    expect(await stateNow()).toBe('denied');
  });

  it('by the second of two people approves', async () => {
    const { pageOf, stateNow } = await portalWorld();
    await (await pageOf(sami)).decide();
    expect(await stateNow()).toBe('awaiting-approval');
    await (await pageOf(omar)).decide();
    expect(await stateNow()).toBe('approved');
  });

  it('is read from a body that the gateway has encoded', async () => {
    const { pageOf, decisions, request } = await portalWorld();
    const { decide } = await pageOf(sami);
    const text = JSON.stringify({ verdict: 'approve', reason: 'Größe geprüft', digest: request.digest });
    const body = Buffer.from(text).toString('base64');
    expect((await decide({}, { event: { body, isBase64Encoded: true } })).status).toBe(200);
    expect((await decisions())[0]?.reason).toBe('Größe geprüft');
  });

  it('that is sent twice stays the first one, whatever the second says or lacks', async () => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(sami);
    const answers = await Promise.all([decide({ reason: 'First.' }), decide({ reason: 'First.' })]);
    expect(answers.map((answer) => decidedIn(answer).done).toSorted()).toEqual(['recorded', 'stood']);
    for (const later of [{ verdict: 'deny', reason: 'On second thoughts.' }, { reason: '' }]) {
      expect(decidedIn(await decide(later)).done).toBe('stood');
    }
    expect(await decisions()).toMatchObject([{ verdict: 'approve', reason: 'First.' }]);
  });

  it('by two people in the same instant counts both', async () => {
    const { pageOf, decisions, stateNow } = await portalWorld();
    const pages = [await pageOf(sami), await pageOf(omar)];
    const answers = await Promise.all(pages.map(({ decide }) => decide()));
    expect(answers.map((answer) => decidedIn(answer).done)).toEqual(['recorded', 'recorded']);
    expect(await decisions()).toHaveLength(2);
    expect(await stateNow()).toBe('approved');
  });

  it('that others are before every time is not recorded, and says so', async () => {
    let commits = 0;
    const { pageOf, decisions } = await portalWorld({
      registry: () => ({
        commit: () => {
          commits += 1;
          return Promise.reject(new RowConflict('Somebody else was first.'));
        },
      }),
    });
    const answer = await (await pageOf(sami)).decide();
    expect(refusalIn(answer)).toMatchObject({ status: 503, code: 'BackendBusy' });
    expect(answer.headers['Retry-After']).toBe('1');
    expect(commits).toBe(4);
    expect(await decisions()).toEqual([]);
  });

  it('goes by the groups of today and not by those of the sign-in', async () => {
    const { pageOf, decisions, directory } = await portalWorld();
    const { decide, show } = await pageOf(sami);
    directory.add({ ...sami, groups: [] });
    expect((await show()).may.decide).toBe(false);
    expect(refusalIn(await decide())).toMatchObject({ status: 403, code: 'NotAnApprover' });
    expect(await decisions()).toEqual([]);
  });

  it('asks the directory once who somebody is', async () => {
    const asked: string[] = [];
    const { pageOf, directory } = await portalWorld();
    const groupsOf = directory.groupsOf.bind(directory);
    directory.groupsOf = (id, among) => {
      asked.push(id);
      return groupsOf(id, among);
    };
    expect((await (await pageOf(sami)).decide()).status).toBe(200);
    expect(asked).toEqual([sami.id]);
  });

  it('is not taken while the directory does not answer; the request still shows, and says why', async () => {
    const { pageOf, decisions } = await portalWorld({ deps: { directory: silentDirectory() } });
    const { decide, show } = await pageOf(sami);
    expect((await show()).may).toMatchObject({
      decide: false,
      why: expect.stringContaining('directory of your organisation does not answer') as unknown,
    });
    expect(refusalIn(await decide())).toMatchObject({ status: 503, code: 'BackendBusy' });
    expect(await decisions()).toEqual([]);
  });

  it('is told when it is recorded, though nothing can be read after it', async () => {
    const { pageOf, decisions } = await portalWorld({
      registry: () => ({ getWholeLedger: () => Promise.reject(new BackendBusy('Down.')) }),
    });
    const answer = await (await pageOf(sami)).decide();
    expect([answer.status, answer.json()]).toEqual([200, { done: 'recorded' }]);
    expect(await decisions()).toHaveLength(1);
  });

  it('is a substitute’s while the absence lasts, and says in whose place', async () => {
    const { pageOf, registry, decisions } = await portalWorld();
    await registry.putAbsence({
      absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
      person: actorOf(sami),
      substitute: actorOf(mallory),
      from: '2026-11-25T00:00:00.000Z',
      until: '2026-11-28T00:00:00.000Z',
      createdAt: '2026-11-24T00:00:00.000Z',
    });
    const { decide, get } = await pageOf(mallory);
    expect((await get('requests')).body).toContain(REQUEST_ID);
    const { request } = decidedIn(await decide());
    expect(request.decisions).toMatchObject([{ behalf: 'sami (person:sami)' }]);
    expect(await decisions()).toMatchObject([{ behalf: { person: { id: 'person:sami' } } }]);
  });
});

describe('nothing is recorded', () => {
  it.each(['GET', 'HEAD', 'PUT'])('by a %s', async (method) => {
    const { pageOf, visit, decisions, request } = await portalWorld();
    const { cookie, formToken: token } = await pageOf(sami);
    const body = { verdict: 'approve', reason: 'Scanned.', digest: request.digest };
    for (const path of [DECISIONS_PATH, REQUEST_PATH, `/portal/requests/${REQUEST_ID}`]) {
      await visit(`${method} ${path}`, { cookie, token, body, query: body });
    }
    const answer = await visit(`${method} ${DECISIONS_PATH}`, { cookie, token, body });
    expect([answer.status, answer.headers.Allow]).toEqual([405, 'POST']);
    expect(await decisions()).toEqual([]);
  });

  it('by a POST of another address', async () => {
    const { pageOf, visit, decisions, request } = await portalWorld();
    const { cookie, formToken: token } = await pageOf(sami);
    const body = { verdict: 'approve', reason: 'Elsewhere.', digest: request.digest };
    for (const path of [REQUEST_PATH, `/portal/requests/${REQUEST_ID}`, '/portal', '/portal/sign-in']) {
      expect((await visit(`POST ${path}`, { cookie, token, body })).status).toBe(405);
    }
    expect(await decisions()).toEqual([]);
  });

  it('without a session', async () => {
    const { pageOf, decisions } = await portalWorld();
    const answer = await (await pageOf(sami)).decide({}, { cookie: undefined });
    expect(refusalIn(answer)).toMatchObject({ status: 401, code: 'SessionEnded' });
    expect(await decisions()).toEqual([]);
  });

  const forged: [string, Sent][] = [
    ['without the token', { token: undefined }],
    ['with an empty token', { token: '' }],
    ['with a token of the same length', { token: 'A'.repeat(43) }],
    ['from another site', { headers: { Origin: 'https://evil.test' } }],
    ['from another port', { headers: { Origin: `${ORIGIN}:8443` } }],
    ['from a page without an origin', { headers: { Origin: 'null' } }],
    ['from a sister site', { headers: { 'Sec-Fetch-Site': 'same-site' } }],
    ['from somewhere across', { headers: { Origin: ORIGIN, 'Sec-Fetch-Site': 'cross-site' } }],
  ];
  it.each(forged)('%s', async (_how, sent) => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(sami);
    expect(refusalIn(await decide({}, sent))).toMatchObject({ status: 403, code: 'FormForged' });
    expect(await decisions()).toEqual([]);
  });

  it('with the token of somebody else’s session, or of an earlier one', async () => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(sami);
    for (const other of [omar, sami]) {
      const { formToken } = await pageOf(other);
      expect((await decide({}, { token: formToken })).status).toBe(403);
    }
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['of another kind', {}, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['of the kind that forms of other sites can send', {}, { 'content-type': 'text/plain' }],
    ['that is no JSON', { body: '{"verdict":' }, {}],
    [
      'that is not UTF-8',
      { body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'), isBase64Encoded: true },
      {},
    ],
    ['that is too large', { body: JSON.stringify({ more: 'x'.repeat(65 * 1024) }) }, {}],
    ['that is empty', { body: null }, {}],
  ])('from a body %s', async (_which, event, headers) => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(sami);
    const answer = await decide({}, { event, headers: { Origin: ORIGIN, ...headers } });
    const { status, code } = refusalIn(answer);
    expect([status, code]).toEqual([400, 'BodyUnreadable']);
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['/verdict', { verdict: 'maybe' }],
    ['/digest', { digest: 'short' }],
    ['/extra', { extra: 1 }],
    ['/reason', { reason: '  ' }],
    ['/reason', { reason: 'x'.repeat(1025) }],
    ['/reason', { reason: 'turned \u202E round' }],
  ])('with a fault at %s', async (pointer, changes) => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(sami);
    expect(refusalIn(await decide(changes))).toEqual({
      status: 422,
      code: 'InvalidInput',
      pointers: [pointer],
    });
    expect(await decisions()).toEqual([]);
  });

  it.each([
    ['the requester', olga, 403, 'SelfApproval'],
    ['an auditor', erin, 403, 'NotAnApprover'],
    ['somebody who may not see the request', mallory, 404, 'RequestNotFound'],
  ])('for %s, who learns that before anything about what they typed', async (_who, visitor, status, code) => {
    const { pageOf, decisions } = await portalWorld();
    const { decide } = await pageOf(visitor);
    expect(refusalIn(await decide({ reason: '' }))).toEqual({ status, code, pointers: [] });
    expect(await decisions()).toEqual([]);
  });

  it.each(['approved', 'denied', 'expired', 'cancelled', 'executing'] as const)(
    'on a request that is %s by then',
    async (state) => {
      const { pageOf, decisions } = await portalWorld({ request: { state } });
      const answer = await (await pageOf(sami)).decide();
      expect(refusalIn(answer)).toMatchObject({ status: 409, code: 'RequestClosed' });
      expect(await decisions()).toEqual([]);
    },
  );

  it('on a digest that is not the request’s', async () => {
    const { pageOf, decisions } = await portalWorld();
    const answer = await (await pageOf(sami)).decide({ digest: 'e'.repeat(64) });
    expect(refusalIn(answer)).toMatchObject({ status: 409, code: 'DigestChanged' });
    expect(await decisions()).toEqual([]);
  });
});

describe('a destruction', () => {
  const destroy = { request: { parameters: { operation: 'destroy', windowDays: 30 } } } as const;

  it.each([undefined, '', 'alias/keyward/payments/order', 'Alias/keyward/payments/orders', 'orders'])(
    'is not approved with the alias typed as «%s»',
    async (alias) => {
      const { pageOf, decisions } = await portalWorld(destroy);
      const { decide, show } = await pageOf(sami);
      expect((await show()).may.needsAlias).toBe(true);
      expect(refusalIn(await decide({ alias, reason: ' ' })).pointers).toEqual(['/reason', '/alias']);
      expect(refusalIn(await decide({ alias })).pointers).toEqual(['/alias']);
      expect(await decisions()).toEqual([]);
    },
  );

  it('is approved with its alias, and denied without', async () => {
    const { pageOf, decisions, key } = await portalWorld(destroy);
    const approved = await (await pageOf(sami)).decide({ alias: key.alias });
    const denied = await (await pageOf(omar)).decide({ verdict: 'deny' });
    expect([approved.status, denied.status]).toEqual([200, 200]);
    expect((await decisions()).map(({ verdict }) => verdict).toSorted()).toEqual(['approve', 'deny']);
  });
});

describe('an approval that has to be proved', () => {
  it('by a second factor says so, and is taken with one', async () => {
    const { pageOf, stateNow } = await portalWorld({
      request: { approval: { ...aRequest.approval, quorum: 1, mfa: true } },
    });
    const without = await pageOf({ ...sami, mfa: false });
    expect((await without.show()).may).toMatchObject({ decide: true, needsMfa: true });
    expect(refusalIn(await without.decide())).toMatchObject({ status: 403, code: 'MfaRequired' });
    const proved = await pageOf(sami);
    expect((await proved.show()).may).toMatchObject({ decide: true, needsMfa: false });
    await proved.decide();
    expect(await stateNow()).toBe('approved');
  });

  it('by a passkey is signed over the digest, with one that was enrolled', async () => {
    const { pageOf, decisions, request } = await portalWorld({
      request: { approval: { ...aRequest.approval, passkey: true } },
    });
    const { decide, show, post } = await pageOf(sami);
    expect((await show()).may).toMatchObject({ needsPasskey: true, needsEnrolment: true });
    expect(refusalIn(await post(`requests/${REQUEST_ID}/passkey-options`))).toMatchObject({
      status: 409,
      code: 'PasskeyMissing',
    });
    expect(refusalIn(await decide())).toMatchObject({ status: 403, code: 'PasskeyRequired' });

    const authenticator = new Authenticator({ origin: ORIGIN });
    const page = await enrolledPage(await pageOf(sami), authenticator);
    expect((await page.show()).may).toMatchObject({ needsPasskey: true, needsEnrolment: false });
    const { options } = passkeyOptions.parse(
      (await page.post(`requests/${REQUEST_ID}/passkey-options`)).json(),
    );
    expect(Buffer.from(options.challenge, 'base64url').toString('hex')).toBe(request.digest);
    const other = authenticator.sign(Buffer.from('f'.repeat(64), 'hex').toString('base64url'));
    expect(refusalIn(await page.decide({ passkey: other }))).toMatchObject({
      status: 403,
      code: 'PasskeyInvalid',
    });
    const answer = decidedIn(await page.decide({ passkey: authenticator.sign(options.challenge) }));
    expect(answer.request.decisions).toMatchObject([{ passkey: true }]);
    expect(await decisions()).toMatchObject([
      { passkey: { credentialId: authenticator.credentialId.toString('base64url') } },
    ]);
  });
});

describe('a cancellation', () => {
  it('is the requester’s, once and again', async () => {
    const { pageOf, stateNow } = await portalWorld();
    const { post, show } = await pageOf(olga);
    expect((await show()).may).toMatchObject({ decide: false, cancel: true });
    for (let time = 1; time <= 2; time += 1) {
      const answer = await post(`requests/${REQUEST_ID}/cancel`);
      expect(requestDetail.parse(answer.json())).toMatchObject({
        state: 'cancelled',
        may: { cancel: false },
      });
    }
    expect(await stateNow()).toBe('cancelled');
  });

  it.each([
    ['an approver', sami, 403, 'Forbidden'],
    ['somebody who may not see the request', mallory, 404, 'RequestNotFound'],
  ])('is not for %s', async (_who, visitor, status, code) => {
    const { pageOf, stateNow } = await portalWorld();
    const { post } = await pageOf(visitor);
    expect(refusalIn(await post(`requests/${REQUEST_ID}/cancel`))).toMatchObject({ status, code });
    expect(await stateNow()).toBe('awaiting-approval');
  });

  it('comes too late once the request is approved', async () => {
    const { pageOf } = await portalWorld({ request: { state: 'approved' } });
    const { post } = await pageOf(olga);
    expect(refusalIn(await post(`requests/${REQUEST_ID}/cancel`))).toMatchObject({
      status: 409,
      code: 'RequestClosed',
    });
  });
});
