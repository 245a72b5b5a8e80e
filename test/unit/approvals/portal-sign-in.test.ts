import { describe, expect, it } from 'vitest';
import type { SignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import { BackendBusy, Unauthenticated } from '../../../lambdas/domain/errors.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { REQUEST_ID, sami } from '../domain/examples.ts';
import { ADDRESS, pairOf, portalWorld, type WorldOptions } from './portal-world.ts';

const STATE = 'state-one';
const ISSUER_PAGE = 'https://issuer.test/auth?state=state-one';

/** An issuer at which sami signs in with the code `good`; `seen` is what it was asked. */
async function world(deps: WorldOptions['deps'] = {}, whoever: Principal = sami) {
  const seen = { redirectUris: [] as string[], stepUps: [] as unknown[], completed: 0 };
  const signIn: SignIn = {
    begin: async (redirectUri, options) => {
      seen.redirectUris.push(redirectUri);
      seen.stepUps.push(options?.stepUp);
      const pending = { state: STATE, nonce: 'nonce-1', verifier: 'verifier-1', redirectUri };
      return { url: ISSUER_PAGE, pending };
    },
    complete: async (code, pending) => {
      seen.completed += 1;
      if (code !== 'good' || pending.nonce !== 'nonce-1' || pending.verifier !== 'verifier-1') {
        throw new Unauthenticated('The token belongs to another sign-in. Sign in again.');
      }
      return whoever;
    },
  };
  const portal = await portalWorld({ deps: { signIn, ...deps } });
  /** Goes to the issuer and comes back. */
  const through = async (
    begin: Readonly<Record<string, string>> = {},
    query: Readonly<Record<string, string>> = back,
  ) => {
    const begun = await portal.visit('GET /portal/sign-in', { query: begin });
    const cookie = begun.setCookies.map(pairOf).join('; ');
    return { begun, done: await portal.visit('GET /portal/signed-in', { cookie, query }) };
  };
  return { ...portal, seen, through };
}

const begin = { query: { to: `requests/${REQUEST_ID}` } };
const back = { state: STATE, code: 'good' };

describe('a sign-in', () => {
  it('leads to the issuer, back, and to the page that was wanted', async () => {
    const { visit, seen, through } = await world();
    const { begun, done } = await through(begin.query);
    expect([begun.status, begun.headers.Location]).toEqual([303, ISSUER_PAGE]);
    expect(begun.setCookies).toEqual([
      expect.stringMatching(
        /^keyward_sign_in_state-on=[\w.-]+; Path=\/api\/portal; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
    expect(seen.redirectUris).toEqual([`${ADDRESS}/signed-in`]);
    expect(seen.stepUps).toEqual([false]);
    expect([done.status, done.headers.Location]).toEqual([303, `../portal/requests/${REQUEST_ID}`]);
    const [session = '', cleared = ''] = done.setCookies;
    expect(session).toMatch(
      /^keyward_session=[\w.-]+; Path=\/api\/portal; Max-Age=900; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(cleared).toMatch(/^keyward_sign_in_state-on=; Path=\/api\/portal; Max-Age=0;/);
    expect((await visit('GET /portal/api/session', { cookie: pairOf(session) })).status).toBe(200);
  });

  it('keeps its cookies also where there is no https', async () => {
    const { visit, seen } = await world({
      address: 'http://127.0.0.1:4000/restapis/a1b2c3/api/_user_request_/portal',
    });
    const { setCookies } = await visit('GET /portal/sign-in', begin);
    expect(setCookies[0]).toMatch(
      /; Path=\/restapis\/a1b2c3\/api\/_user_request_\/portal; .*HttpOnly; SameSite=Lax$/,
    );
    expect(seen.redirectUris).toEqual([
      'http://127.0.0.1:4000/restapis/a1b2c3/api/_user_request_/portal/signed-in',
    ]);
  });

  it('believes no header about where it is', async () => {
    const { visit, seen } = await world();
    const evil = {
      Host: 'evil.test',
      'X-Forwarded-Host': 'evil.test',
      'X-Forwarded-Proto': 'http',
      Forwarded: 'host=evil.test',
    };
    const { headers, setCookies } = await visit('GET /portal/sign-in', { ...begin, headers: evil });
    expect(seen.redirectUris).toEqual([`${ADDRESS}/signed-in`]);
    expect(JSON.stringify([headers, setCookies])).not.toContain('evil');
    expect(setCookies[0]).toContain('; Secure');
  });

  it.each(['', 'passkeys', 'absences', `requests/${REQUEST_ID}`, 'slack-link'])(
    'comes back to «%s», a page of the portal',
    async (to) => {
      const { done } = await (await world()).through({ to });
      expect(done.headers.Location).toBe(`../portal${to === '' ? '' : `/${to}`}`);
    },
  );

  it.each([
    'https://evil.test',
    'https:evil.test',
    '//evil.test',
    '/evil.test',
    String.raw`\\evil.test`,
    String.raw`/\evil.test`,
    '%2F%2Fevil.test',
    'requests%2F..%2F..',
    'requests//evil',
    '../../../evil',
    './evil',
    `${REQUEST_ID}/../..`,
    'javascript:alert(1)',
    'requests/x?to=//evil',
    'requests/x#//evil',
    'requests/x\n//evil',
    'requests/x ',
    'x@evil.test',
    'sign-in',
    'signed-in?code=x',
    'api/session',
    'assets/x',
    'a'.repeat(65),
  ])('comes back to nothing but a page: «%s» is the list', async (to) => {
    const { done } = await (await world()).through({ to });
    expect(done.headers.Location).toBe('../portal');
  });
});

describe('a sign-in for a second factor', () => {
  it('is asked for as one, and begins a session that has it', async () => {
    const { through, seen, visit } = await world();
    const { done } = await through({ ...begin.query, stepUp: 'mfa' });
    expect(seen.stepUps).toEqual([true]);
    expect(done.headers.Location).toBe(`../portal/requests/${REQUEST_ID}`);
    const cookie = pairOf(done.setCookies[0] ?? '');
    expect((await visit('GET /portal/api/session', { cookie })).json()).toMatchObject({ mfa: true });
  });

  it('that ends without one says so and begins no session', async () => {
    const { through } = await world({}, { ...sami, mfa: false });
    const { done } = await through({ stepUp: 'mfa' });
    expect([done.status, done.setCookies]).toEqual([403, []]);
    expect(done.body).toContain('SecondFactorMissing');
  });

  it('is not asked for by anything else', async () => {
    const { through, seen } = await world({}, { ...sami, mfa: false });
    for (const stepUp of ['', 'true', 'MFA']) {
      expect((await through({ stepUp })).done.status).toBe(303);
    }
    expect(seen.stepUps).toEqual([false, false, false]);
  });
});

describe('no session begins', () => {
  it.each([
    ['when the state is another', { ...back, state: 'another-state' }],
    ['when a state only begins alike', { ...back, state: `${STATE}-more` }],
    ['without a state', { code: 'good' }],
    ['when the issuer refuses', { state: STATE, error: 'access_denied' }],
    ['when the issuer refuses and sends a code', { ...back, error: 'access_denied' }],
    ['without a code', { state: STATE }],
    ['when the code is not one, or its token is of another sign-in', { ...back, code: 'stolen' }],
  ])('%s', async (_when, query) => {
    const { done } = await (await world()).through(begin.query, query);
    expect([400, 401, 403]).toContain(done.status);
    expect(done.setCookies).toEqual([]);
    expect(done.body).toContain('href="../portal"');
    expect(done.body).not.toContain('<script');
    expect(String(done.headers['Content-Security-Policy'])).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
    );
  });

  it('in a browser that did not begin it: the code is not even tried', async () => {
    const { visit, seen } = await world();
    await visit('GET /portal/sign-in', begin);
    const { status, body } = await visit('GET /portal/signed-in', { query: back });
    expect(status).toBe(400);
    expect(body).toContain('SignInInterrupted');
    expect(seen.completed).toBe(0);
  });

  it('with a cookie that is a session and no sign-in', async () => {
    const { visit, cookieOf, seen } = await world();
    const session = (await cookieOf(sami)).split('=')[1];
    const { status } = await visit('GET /portal/signed-in', {
      cookie: `keyward_sign_in_${STATE.slice(0, 8)}=${session}`,
      query: back,
    });
    expect([status, seen.completed]).toEqual([400, 0]);
  });

  it('for a person of more groups than a cookie holds, who is told what to do', async () => {
    const groups = Array.from({ length: 200 }, (_, index) => `group-with-a-long-name-${index}`);
    const { done } = await (await world({}, { ...sami, groups })).through();
    expect(done.status).toBe(403);
    expect(done.body).toContain('TooManyGroups');
    expect(done.body).toContain('200 groups');
  });

  it('while the issuer does not answer, which is said as busy', async () => {
    const busy = () => Promise.reject(new BackendBusy('The issuer does not answer.'));
    const { visit } = await world({ signIn: { begin: busy, complete: busy } });
    const { status, body } = await visit('GET /portal/sign-in', begin);
    expect(status).toBe(503);
    expect(body).toContain('BackendBusy');
  });

  it.each(['POST', 'PUT'])('by a %s', async (method) => {
    const { visit, seen } = await world();
    const begun = await visit('GET /portal/sign-in', begin);
    const cookie = begun.setCookies.map(pairOf).join('; ');
    expect((await visit(`${method} /portal/signed-in`, { cookie, query: back })).status).toBe(405);
    expect(seen.completed).toBe(0);
  });
});
