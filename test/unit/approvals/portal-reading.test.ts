import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { requestDetail, session, waitingList } from '../../../lambdas/approvals/portal/contract.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import { RecordCorrupt } from '../../../lambdas/domain/errors.ts';
import type { DecisionRecord } from '../../../lambdas/domain/request.ts';
import { olga, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { erin, LATER, mallory, portalWorld, REQUEST_PATH, refusalIn, SECRET } from './portal-world.ts';

const HOSTILE = `"><script>alert('1')</script>\u202Egnp.exe\r\nBcc: x`;

const onEarlierDigest = (decision: DecisionRecord): DecisionRecord => ({
  ...decision,
  digest: 'e'.repeat(64),
});

describe('a request', () => {
  it('shows an approver what is asked, the evidence with its gaps, the rule and the digest', async () => {
    const { pageOf, request } = await portalWorld();
    const shown = await (await pageOf(sami)).show();
    expect(shown).toMatchObject({
      requestId: REQUEST_ID,
      operation: 'revoke',
      key: 'payments/orders',
      alias: 'alias/keyward/payments/orders',
      requestedBy: 'olga (person:olga)',
      reason: 'Suspected leak of a backup.',
      digest: request.digest,
      state: 'awaiting-approval',
      approved: 0,
      quorum: 2,
      decisions: [],
      may: { decide: true, needsMfa: false, needsPasskey: false, needsAlias: false, cancel: false },
    });
    expect(shown.evidence?.gaps).toEqual([
      'Usage before 2026-11-01 is unknown.',
      'Whether anybody has registered as a consumer of the key was not looked at.',
      'Who used the key over a time was not looked at.',
    ]);
    expect(shown.evidence?.consequences[0]).toContain(
      'cannot be decrypted by anybody until the key is reinstated',
    );
    expect(shown.rule).toContainEqual({ label: 'Ends', value: '2026-12-02 03:02 UTC' });
    expect(shown.may.why).toBeUndefined();
  });

  it('shows what was not looked at as that, and never as if there were nothing', async () => {
    const { pageOf } = await portalWorld({
      request: {
        evidence: {
          collectedAt: LATER,
          kmsKeys: [{ version: 1, kmsKeyArn: 'arn', keyState: 'Enabled', aliases: [], grants: [] }],
          gaps: [],
        },
      },
    });
    const { evidence } = await (await pageOf(sami)).show();
    expect(evidence?.kmsKeys).toMatchObject([{ principals: ['not looked at'], lastUse: 'not looked at' }]);
    expect(evidence?.gaps).toHaveLength(2);
  });

  it('shows no evidence when there is none', async () => {
    const { pageOf } = await portalWorld({ request: { evidence: undefined } });
    expect(await (await pageOf(sami)).show()).not.toHaveProperty('evidence');
  });

  it('tells its history from the ledger, and only its own', async () => {
    const { pageOf } = await portalWorld();
    await (await pageOf(sami)).decide({ reason: 'I saw it.' });
    const { history } = await (await pageOf(omar)).show();
    expect(history).toEqual([
      {
        at: '2026-11-25T03:02:22.000Z',
        event: 'requested',
        actor: 'test',
        text: 'Suspected leak of a backup.',
      },
      {
        at: LATER,
        event: 'decided',
        actor: 'sami',
        text: 'Approved on the page, with a second factor: I saw it.',
      },
    ]);
  });

  it('says of a decision on an earlier digest that it no longer counts', async () => {
    const { pageOf, registry, request } = await portalWorld({
      registry: (registry) => ({
        getDecisions: async (requestId) => (await registry.getDecisions(requestId)).map(onEarlierDigest),
      }),
    });
    const { decide, show } = await pageOf(sami);
    await decide();
    expect(await registry.getDecisions(request.requestId)).toHaveLength(1);
    expect(await show()).toMatchObject({
      approved: 0,
      decisions: [{ counts: false }],
      may: { decide: true },
    });
  });

  it.each([
    ['the requester, who is told that somebody else decides', olga, 'Somebody else has to decide'],
    ['an auditor, who is told whom to ask', erin, 'Ask somebody of: payments, security'],
  ])('is nothing to decide for %s', async (_who, visitor, sentence) => {
    const { pageOf } = await portalWorld();
    const { may } = await (await pageOf(visitor)).show();
    expect(may.decide).toBe(false);
    expect(may.why).toContain(sentence);
  });

  it.each(['approved', 'executing', 'succeeded', 'failed', 'denied', 'expired', 'cancelled'] as const)(
    'is nothing to decide when it is %s',
    async (state) => {
      const { pageOf } = await portalWorld({ request: { state } });
      const { may } = await (await pageOf(sami)).show();
      expect(may.decide).toBe(false);
      expect(may.why).toContain('There is nothing left to decide');
    },
  );

  it('is nothing to decide before it is prepared, and once its time is over', async () => {
    const early = await portalWorld({ request: { state: 'accepted' } });
    expect((await (await early.pageOf(sami)).show()).may).toMatchObject({
      decide: false,
      why: expect.stringContaining('being prepared') as unknown,
    });
    const late = await portalWorld();
    late.time.now = late.request.expiresAt;
    expect((await (await late.pageOf(sami)).show()).may).toMatchObject({
      decide: false,
      why: expect.stringContaining('not decided in time') as unknown,
    });
  });

  it('shows what others have written in one line each, with no letters that turn it', async () => {
    const { pageOf } = await portalWorld({
      request: {
        reason: HOSTILE,
        requester: { kind: 'person', id: 'person:olga', name: HOSTILE },
        evidence: {
          collectedAt: LATER,
          kmsKeys: [
            {
              version: 1,
              kmsKeyArn: HOSTILE,
              keyState: HOSTILE,
              aliases: [HOSTILE],
              grants: [{ grantId: 'g', grantee: HOSTILE, operations: [HOSTILE] }],
              policyPrincipals: [HOSTILE],
              lastUse: { operation: HOSTILE, at: LATER },
            },
          ],
          consumers: [{ name: HOSTILE, contact: HOSTILE, uses: HOSTILE }],
          gaps: [HOSTILE],
        },
      },
    });
    await (await pageOf({ ...sami, name: HOSTILE })).decide({ reason: '<img src=x onerror=alert(1)>' });
    const { get } = await pageOf(omar);
    for (const path of [`requests/${REQUEST_ID}`, 'requests']) {
      const { body } = await get(path);
      expect(body).toContain('<script>');
      expect(body).not.toMatch(/\\u202[eE]|\u202E|\\r|\\n/);
    }
  });

  it('is not found alike when somebody may not see it and when it is not there', async () => {
    const { pageOf } = await portalWorld();
    const { get } = await pageOf(mallory);
    const answers = await Promise.all(
      [REQUEST_ID, 'req_01KAWXCYJ7P8M2Q4R6S8T0V2ZZ', 'req_1', '..'].map((id) => get(`requests/${id}`)),
    );
    for (const answer of answers) {
      expect(refusalIn(answer)).toMatchObject({ status: 404, code: 'RequestNotFound' });
      expect(answer.body).toBe(answers[0]?.body);
    }
  });

  it('is still there for a requester who has left the team', async () => {
    const { pageOf } = await portalWorld();
    expect(requestDetail.parse(await (await pageOf({ ...olga, groups: [] })).show())).toBeDefined();
  });
});

describe('every answer of the API', () => {
  it('is kept nowhere, read by no other site, and taken for nothing else', async () => {
    const { pageOf } = await portalWorld();
    const { get } = await pageOf(sami);
    for (const path of ['session', 'requests', 'no/such']) {
      const { headers } = await get(path);
      expect(headers).toMatchObject({
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'same-origin',
      });
      expect(headers['Content-Type']).toMatch(/^application\/(problem\+)?json$/);
    }
  });

  it('to a HEAD is that of a GET without its body', async () => {
    const { pageOf, visit } = await portalWorld();
    const { cookie, get } = await pageOf(sami);
    const { status, body, headers } = await visit(`HEAD ${REQUEST_PATH}`, { cookie });
    expect([status, body]).toEqual([200, '']);
    expect(headers).toEqual((await get(`requests/${REQUEST_ID}`)).headers);
  });

  it.each(['', 'no/such', 'requests/', 'constructor', 'requests/x/decisions/y', 'session/'])(
    'to api/%s is that there is nothing',
    async (path) => {
      const { pageOf } = await portalWorld();
      expect(refusalIn(await (await pageOf(sami)).get(path))).toMatchObject({ status: 404 });
    },
  );

  it.each([
    new Error('the table of account 111122223333'),
    new RecordCorrupt('The row of account 111122223333 cannot be read.'),
  ])('to a fault says that there was one, and the reference to tell, and no more', async (fault) => {
    const { pageOf } = await portalWorld({
      registry: () => ({ getRequest: () => Promise.reject(fault) }),
    });
    const answer = await (await pageOf(sami)).get(`requests/${REQUEST_ID}`);
    expect(refusalIn(answer)).toMatchObject({ status: 500, code: 'InternalError' });
    expect(answer.body).toContain('visit-1');
    expect(answer.body).not.toContain('111122223333');
  });
});

describe('the list', () => {
  it('shows what waits for this person, and not what they asked for or have decided', async () => {
    const { pageOf } = await portalWorld();
    const listed = async (who: typeof sami) => {
      const { requests, complete } = waitingList.parse((await (await pageOf(who)).get('requests')).json());
      expect(complete).toBe(true);
      return requests.map(({ requestId, approved }) => [requestId, approved]);
    };
    expect(await listed(sami)).toEqual([[REQUEST_ID, 0]]);
    expect(await listed(omar)).toEqual([[REQUEST_ID, 0]]);
    expect(await listed(olga)).toEqual([]);
    expect(await listed(erin)).toEqual([]);
    await (await pageOf(sami)).decide();
    expect(await listed(sami)).toEqual([]);
    expect(await listed(omar)).toEqual([[REQUEST_ID, 1]]);
  });

  it('goes by the groups of today', async () => {
    const { pageOf, directory } = await portalWorld();
    const { get } = await pageOf(sami);
    directory.remove(sami.id);
    expect((await get('requests')).json()).toEqual({ requests: [], complete: true });
  });

  it('leaves out what is over, and reads nothing of what is for others', async () => {
    let reads = 0;
    const { pageOf, time, request } = await portalWorld({
      registry: (registry) => ({
        getDecisions: (requestId) => {
          reads += 1;
          return registry.getDecisions(requestId);
        },
      }),
    });
    await (await pageOf(olga)).get('requests');
    expect(reads).toBe(0);
    time.now = request.expiresAt;
    expect((await (await pageOf(sami)).get('requests')).json()).toMatchObject({ requests: [] });
  });

  it('is shown by the groups of the sign-in too when the directory is slow, and not said to be all', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { pageOf, directory } = await portalWorld();
    const slow = Promise.withResolvers<void>();
    directory.allGroupsOf = async function* () {
      yield 'all-staff';
      slow.resolve();
      await new Promise(() => {});
    };
    const answer = (await pageOf(sami)).get('requests');
    await slow.promise;
    await vi.advanceTimersByTimeAsync(6000);
    expect((await answer).json()).toMatchObject({
      requests: [{ requestId: REQUEST_ID }],
      complete: false,
    });
  });

  it('holds so many, and says that there are more', async () => {
    const { pageOf, request } = await portalWorld({
      registry: () => ({
        listRequests: async () => ({ items: Array.from({ length: 60 }, () => request), next: 'more' }),
      }),
    });
    const { requests, complete } = waitingList.parse((await (await pageOf(sami)).get('requests')).json());
    expect([requests.length, complete]).toEqual([50, false]);
  });
});

describe('a session', () => {
  const content = { person: sami, formToken: 'f'.repeat(43), authenticatedAt: new Date().toISOString() };
  const sealed = async (purpose: 'session' | 'sign-in' | 'enrolment', secret = SECRET, at = new Date()) => {
    const seal = createSeal(
      async () => secret,
      () => at,
    );
    return `keyward_session=${await seal.close(purpose, content, 15 * 60)}`;
  };

  it('is one that says who is signed in, how, until when, and with which token', async () => {
    const { cookieOf, visit } = await portalWorld();
    const cookie = await cookieOf({ ...sami, mfa: false });
    const shown = session.parse((await visit('GET /portal/api/session', { cookie })).json());
    expect(shown).toMatchObject({
      person: { id: 'person:sami', name: 'sami', groups: ['security'] },
      mfa: false,
    });
    expect(shown.formToken).toHaveLength(43);
    const left = Date.parse(shown.until) - Date.now();
    expect(left).toBeGreaterThan(14 * 60_000);
    expect(left).toBeLessThanOrEqual(15 * 60_000);
    expect((await visit('GET /portal/api/session', { cookie: await sealed('session') })).status).toBe(200);
  });

  it.each([
    ['none', async () => undefined],
    ['a changed one', async (cookie: string) => `${cookie.slice(0, -9)}AAAAAAAAA`],
    ['a made-up one', async () => 'keyward_session=eyJhbGciOiJkaXIifQ..a.b.c'],
    ['one sealed with another secret', () => sealed('session', `not ${SECRET}`)],
    ['what was sealed for a sign-in', () => sealed('sign-in')],
    ['what was sealed for an enrolment', () => sealed('enrolment')],
    ['one that is over', () => sealed('session', SECRET, new Date(Date.now() - 16 * 60_000))],
  ])('that is %s is over, for whatever is asked', async (_which, cookieFrom) => {
    const { visit, cookieOf } = await portalWorld();
    const cookie = await cookieFrom(await cookieOf(sami));
    for (const path of [
      'session',
      'requests',
      `requests/${REQUEST_ID}`,
      'passkeys',
      'absences',
      'custody',
      'slack-link',
    ]) {
      const answer = await visit(`GET /portal/api/${path}`, { cookie });
      expect(refusalIn(answer)).toMatchObject({ status: 401, code: 'SessionEnded' });
    }
  });

  it('is found among other cookies, in whichever header it comes', async () => {
    const { visit, cookieOf } = await portalWorld();
    const cookie = await cookieOf(sami);
    const multiValueHeaders = { cookie: ['one=1', `two=2; ${cookie}`] };
    for (const sent of [{ cookie: `other=1; ${cookie}` }, { event: { multiValueHeaders } }]) {
      expect((await visit('GET /portal/api/session', sent)).status).toBe(200);
    }
  });

  it('is ended by its person, from the page and from nowhere else', async () => {
    const { pageOf } = await portalWorld();
    const { post } = await pageOf(sami);
    expect(refusalIn(await post('sign-out', {}, { token: undefined }))).toMatchObject({ code: 'FormForged' });
    const { status, body, setCookies } = await post('sign-out');
    expect([status, body]).toEqual([200, '{}']);
    expect(setCookies).toEqual([
      'keyward_session=; Path=/api/portal; Max-Age=0; HttpOnly; SameSite=Strict; Secure',
    ]);
  });
});
