import { describe, expect, it } from 'vitest';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import { RecordCorrupt } from '../../../lambdas/domain/errors.ts';
import { olga, omar, person, sami } from '../domain/examples.ts';
import { hiddenIn, LATER, portalWorld, REQUEST_PATH, SECRET, styleHashOf } from './portal-world.ts';

const HOSTILE = `"><script>alert('1')</script>\u202Egnp.exe`;

describe('the page of a request', () => {
  it('shows an approver what is asked, the evidence with its gaps, the digest and a form', async () => {
    const { cookieOf, show, request } = await portalWorld();
    const { status, body } = await show(await cookieOf(sami));
    expect(status).toBe(200);
    for (const text of [
      'alias/keyward/payments/orders',
      'revoke',
      'Suspected leak of a backup.',
      'person:olga',
      'Usage before 2026-11-01 is unknown.',
      '2026-12-02 03:02 UTC',
      '0 of 2 have approved',
      'Nobody has decided yet.',
      request.digest,
    ]) {
      expect(body).toContain(text);
    }
    expect(hiddenIn(body)).toMatchObject({ digest: request.digest });
    expect(body.match(/<form/g)).toHaveLength(1);
  });

  it.each([
    ['the requester, who is told that somebody else decides', olga, 'Somebody else has to decide'],
    [
      'an auditor, who is told whom to ask',
      person('erin', 'auditors'),
      'Ask somebody of: payments, security',
    ],
  ])('has no form for %s', async (_who, visitor, sentence) => {
    const { cookieOf, show } = await portalWorld();
    const { status, body } = await show(await cookieOf(visitor));
    expect(status).toBe(200);
    expect(body).toContain(sentence);
    expect(body).not.toContain('<form');
  });

  it.each([
    'approved',
    'executing',
    'succeeded',
    'failed',
    'denied',
    'expired',
    'cancelled',
    'accepted',
  ] as const)('has no form when the request is %s', async (state) => {
    const { cookieOf, show } = await portalWorld({ request: { state } });
    const { status, body } = await show(await cookieOf(sami));
    expect(status).toBe(200);
    expect(body).toContain('There is nothing left to decide.');
    expect(body).not.toContain('<form');
  });

  it('has no form once its time is over', async () => {
    const { cookieOf, show, time, request } = await portalWorld();
    time.now = request.expiresAt;
    const { body } = await show(await cookieOf(sami));
    expect(body).toContain('The time to decide was over 2026-12-02 03:02 UTC');
    expect(body).not.toContain('<form');
  });

  it('escapes what others have written, and shows no letters that turn the line', async () => {
    const { cookieOf, show, decide } = await portalWorld({
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
            },
          ],
          gaps: [HOSTILE],
        },
      },
    });
    const decided = await decide(await cookieOf({ ...sami, name: HOSTILE }), {
      reason: '<img src=x onerror=alert(1)>',
    });
    expect(decided.status).toBe(303);
    const { body } = await show(await cookieOf({ ...omar, name: HOSTILE }));
    expect(body).toContain('&#60;script&#62;');
    expect(body).not.toMatch(/<script|<img|\u202E|"&#62;/);
    expect(body.match(/&#34;&#62;&#60;script/g)?.length).toBeGreaterThanOrEqual(9);
  });

  it.each([
    ['that somebody may not see', `GET ${REQUEST_PATH}`],
    ['that is not there', 'GET /portal/requests/req_01KAWXCYJ7P8M2Q4R6S8T0V2ZZ'],
  ])('is not found for a request %s', async (_which, route) => {
    const { visit, cookieOf } = await portalWorld();
    const { status, body } = await visit(route, { cookie: await cookieOf(person('mallory', 'sales')) });
    expect(status).toBe(404);
    expect(body).toContain('RequestNotFound');
    expect(body).not.toContain('orders');
    expect(body).toContain('href="../../portal"');
  });

  it('is still there for a requester who has left the team', async () => {
    const { cookieOf, show } = await portalWorld();
    expect((await show(await cookieOf({ ...olga, groups: [] }))).status).toBe(200);
  });
});

describe('every answer', () => {
  it('loads nothing, runs nothing, is framed by nobody and kept nowhere', async () => {
    const { cookieOf, show, visit } = await portalWorld();
    const cookie = await cookieOf(sami);
    for (const { headers, body } of [await show(cookie), await visit('GET /portal/no/such', { cookie })]) {
      expect(headers).toMatchObject({
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      });
      const policy = String(headers['Content-Security-Policy']).split('; ');
      expect(policy.toSorted()).toEqual(
        [
          "base-uri 'none'",
          "default-src 'none'",
          "form-action 'self'",
          "frame-ancestors 'none'",
          `style-src ${styleHashOf(body)}`,
        ].toSorted(),
      );
    }
  });

  it('to a HEAD is that of a GET without its page', async () => {
    const { cookieOf, visit } = await portalWorld();
    const cookie = await cookieOf(sami);
    const { status, body, headers } = await visit(`HEAD ${REQUEST_PATH}`, { cookie });
    expect([status, body]).toEqual([200, '']);
    expect(headers).toEqual((await visit(`GET ${REQUEST_PATH}`, { cookie })).headers);
  });

  it.each([
    '/portal/',
    '/portal/requests',
    '/portal/requests/..',
    '/portal/requests/req_1/decision',
    '/portal/x',
  ])('to %s is a page, never a fault', async (path) => {
    const { visit, cookieOf } = await portalWorld();
    const { status } = await visit(`GET ${path}`, { cookie: await cookieOf(sami) });
    expect(status).toBe(path === '/portal/' ? 200 : 404);
  });

  it.each([
    new Error('the table of account 111122223333'),
    new RecordCorrupt('The row of account 111122223333 cannot be read.'),
  ])('to a fault says that there was one, and the reference to tell, and no more', async (fault) => {
    const { cookieOf, show } = await portalWorld({
      registry: () => ({ getRequest: () => Promise.reject(fault) }),
    });
    const { status, body } = await show(await cookieOf(sami));
    expect(status).toBe(500);
    expect(body).toContain('InternalError');
    expect(body).toContain('visit-1');
    expect(body).not.toContain('111122223333');
  });
});

describe('the list', () => {
  it('shows what waits for this person, and not what they asked for or have decided', async () => {
    const { visit, cookieOf, decide } = await portalWorld();
    const listed = async (who: typeof sami) =>
      (await visit('GET /portal', { cookie: await cookieOf(who) })).body.includes(
        'href="portal/requests/req_01KAWXCYJ7P8M2Q4R6S8T0V2W5"',
      );
    expect(await listed(sami)).toBe(true);
    expect(await listed(omar)).toBe(true);
    expect(await listed(olga)).toBe(false);
    expect(await listed(person('erin', 'auditors'))).toBe(false);
    await decide(await cookieOf(sami));
    expect(await listed(sami)).toBe(false);
    expect(await listed(omar)).toBe(true);
  });

  it('leaves out what is over, and reads nothing of what is for others', async () => {
    let reads = 0;
    const { visit, cookieOf, time, request } = await portalWorld({
      registry: (registry) => ({
        getDecisions: (requestId) => {
          reads += 1;
          return registry.getDecisions(requestId);
        },
      }),
    });
    expect((await visit('GET /portal', { cookie: await cookieOf(olga) })).body).toContain('None, right now.');
    expect(reads).toBe(0);
    time.now = request.expiresAt;
    expect((await visit('GET /portal', { cookie: await cookieOf(sami) })).body).toContain('None, right now.');
  });

  it('leads to its requests also from an address that ends with a slash', async () => {
    const { visit, cookieOf } = await portalWorld();
    const { body } = await visit('GET /portal/', { cookie: await cookieOf(sami) });
    expect(body).toContain('href="../portal/requests/req_');
  });

  it('holds so many, and says that there are more', async () => {
    const { visit, cookieOf, request } = await portalWorld({
      registry: () => ({
        listRequests: async () => ({ items: Array.from({ length: 60 }, () => request), next: 'more' }),
      }),
    });
    const { body } = await visit('GET /portal', { cookie: await cookieOf(sami) });
    expect(body.match(/<section/g)).toHaveLength(50);
    expect(body).toContain('There may be more.');
  });
});

describe('a session', () => {
  it.each([
    ['none', async () => undefined],
    ['a changed one', async (cookie: string) => `${cookie.slice(0, -9)}AAAAAAAAA`],
    ['a made-up one', async () => 'keyward_session=eyJhbGciOiJkaXIifQ..a.b.c'],
    [
      'one sealed with another secret',
      async () =>
        `keyward_session=${await createSeal(async () => `not ${SECRET}`).close('session', { person: sami, formToken: 'f'.repeat(43) }, 60)}`,
    ],
    [
      'what was sealed for a sign-in',
      async () =>
        `keyward_session=${await createSeal(async () => SECRET).close('sign-in', { person: sami, formToken: 'f'.repeat(43) }, 60)}`,
    ],
    [
      'one that is over',
      async () =>
        `keyward_session=${await createSeal(
          async () => SECRET,
          () => new Date(Date.now() - 16 * 60_000),
        ).close('session', { person: sami, formToken: 'f'.repeat(43) }, 15 * 60)}`,
    ],
  ])('that is %s leads to the sign-in', async (_which, cookieFrom) => {
    const { visit, cookieOf } = await portalWorld();
    const cookie = await cookieFrom(await cookieOf(sami));
    const { status, headers, body } = await visit(`GET ${REQUEST_PATH}`, { cookie });
    expect([status, body]).toEqual([303, '']);
    expect(headers.Location).toBe('../../portal/sign-in?request=req_01KAWXCYJ7P8M2Q4R6S8T0V2W5');
  });

  it('is found among other cookies, in whichever header it comes', async () => {
    const { visit, cookieOf } = await portalWorld();
    const cookie = await cookieOf(sami);
    const multiValueHeaders = { cookie: ['one=1', `two=2; ${cookie}`] };
    for (const sent of [{ cookie: `other=1; ${cookie}` }, { event: { multiValueHeaders } }]) {
      expect((await visit('GET /portal', sent)).status).toBe(200);
    }
  });
});
