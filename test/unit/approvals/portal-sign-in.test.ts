import { describe, expect, it } from 'vitest';
import type { SignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import { BackendBusy, Unauthenticated } from '../../../lambdas/domain/errors.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { REQUEST_ID, sami } from '../domain/examples.ts';
import { ADDRESS, pairOf, portalWorld, REQUEST_PATH, type WorldOptions } from './portal-world.ts';

const STATE = 'state-one';
const ISSUER_PAGE = 'https://issuer.test/auth?state=state-one';

/** An issuer at which sami signs in with the code `good`; `seen` is what it was asked. */
function world(options: WorldOptions = {}, whoever: Principal = sami) {
  const seen = { redirectUris: [] as string[], completed: 0 };
  const signIn: SignIn = {
    begin: async (redirectUri) => {
      seen.redirectUris.push(redirectUri);
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
  return portalWorld({ signIn, ...options }).then((portal) => ({ ...portal, seen }));
}

const begin = { query: { request: REQUEST_ID } };
const back = { state: STATE, code: 'good' };

describe('a sign-in', () => {
  it('leads to the issuer, back, and to the request that was wanted', async () => {
    const { visit, seen } = await world();
    const begun = await visit('GET /portal/sign-in', begin);
    expect([begun.status, begun.headers.Location]).toEqual([303, ISSUER_PAGE]);
    expect(seen.redirectUris).toEqual([`${ADDRESS}/signed-in`]);
    const cookie = begun.setCookies.map(pairOf).join('; ');

    const done = await visit('GET /portal/signed-in', { cookie, query: back });
    expect([done.status, done.headers.Location]).toEqual([303, `../portal/requests/${REQUEST_ID}`]);
    const [session = '', cleared = ''] = done.setCookies;
    expect(session).toMatch(/^keyward_session=[\w.-]+; Max-Age=900; HttpOnly; SameSite=Lax; Secure$/);
    expect(cleared).toContain('=; Max-Age=0;');
    expect((await visit(`GET ${REQUEST_PATH}`, { cookie: pairOf(session) })).status).toBe(200);
  });

  it('keeps its cookies also where there is no https', async () => {
    const { visit, seen } = await world({
      address: 'http://127.0.0.1:4000/restapis/a1b2c3/api/_user_request_/portal',
    });
    const { setCookies } = await visit('GET /portal/sign-in', begin);
    expect(setCookies[0]).toMatch(/HttpOnly; SameSite=Lax$/);
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
    const { headers, setCookies } = await visit('GET /portal/sign-in', {
      ...begin,
      event: { headers: evil },
    });
    expect(seen.redirectUris).toEqual([`${ADDRESS}/signed-in`]);
    expect(JSON.stringify([headers, setCookies])).not.toContain('evil');
    expect(setCookies[0]).toContain('; Secure');
  });

  it.each([
    'https://evil.test',
    '//evil.test',
    '../../../evil',
    `${REQUEST_ID}/../..`,
    'javascript:alert(1)',
    '',
  ])('comes back to nothing but a request: «%s» is the list', async (request) => {
    const { visit } = await world();
    const begun = await visit('GET /portal/sign-in', { query: { request } });
    const cookie = begun.setCookies.map(pairOf).join('; ');
    const { headers } = await visit('GET /portal/signed-in', { cookie, query: back });
    expect(headers.Location).toBe('../portal');
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
    const { visit } = await world();
    const begun = await visit('GET /portal/sign-in', begin);
    const cookie = begun.setCookies.map(pairOf).join('; ');
    const { status, setCookies, body } = await visit('GET /portal/signed-in', { cookie, query });
    expect([400, 401, 403]).toContain(status);
    expect(setCookies).toEqual([]);
    expect(body).toContain('href=');
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
    const { visit } = await world({}, { ...sami, groups });
    const begun = await visit('GET /portal/sign-in', begin);
    const cookie = begun.setCookies.map(pairOf).join('; ');
    const { status, body } = await visit('GET /portal/signed-in', { cookie, query: back });
    expect(status).toBe(403);
    expect(body).toContain('TooManyGroups');
    expect(body).toContain('200 groups');
  });

  it('while the issuer does not answer, which is said as busy', async () => {
    const { visit } = await world({
      signIn: {
        begin: () => Promise.reject(new BackendBusy('The issuer does not answer.')),
        complete: () => Promise.reject(new BackendBusy('The issuer does not answer.')),
      },
    });
    const { status, body } = await visit('GET /portal/sign-in', begin);
    expect(status).toBe(503);
    expect(body).toContain('BackendBusy');
  });
});
