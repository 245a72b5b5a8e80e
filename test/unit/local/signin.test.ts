import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SignIn, startSignIn } from '../../../local/signin/sign-in.ts';
import { signInAs } from '../../../local/signin/sign-in-as.ts';

let signIn: SignIn;
beforeAll(async () => {
  signIn = await startSignIn();
});
afterAll(() => signIn.close());

const verify = (token: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(signIn.jwksUri)), {
    issuer: signIn.issuer,
    audience: signIn.audience,
  });

/** What the issuer answers to an authorization request with these parameters changed. */
function authorize(changes: Record<string, string | undefined>): Promise<Response> {
  const url = new URL(`${signIn.issuer}/auth`);
  const parameters = {
    client_id: signIn.clientId,
    redirect_uri: `${signIn.issuer}/signed-in`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return fetch(url, { redirect: 'manual' });
}

test('an access token is signed by the published key and says who it is for and of', async () => {
  const { accessToken } = await signInAs(signIn.issuer, 'carol');
  const { payload, protectedHeader } = await verify(accessToken);
  expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  expect(payload).toMatchObject({
    sub: 'carol',
    aud: 'keyward',
    client_id: 'keyward',
    name: 'Carol Castro',
    email: 'carol@example.test',
    groups: ['payments-owner', 'security'],
    amr: ['pwd'],
  });
});

test('an id token carries the same', async () => {
  const { idToken } = await signInAs(signIn.issuer, 'mallory', { secondFactor: true });
  const { payload } = await verify(idToken);
  expect(payload).toMatchObject({ sub: 'mallory', groups: [], amr: ['pwd', 'otp', 'mfa'] });
});

test('a second factor shows in the access token', async () => {
  const { accessToken } = await signInAs(signIn.issuer, 'bob', { secondFactor: true });
  expect(decodeJwt(accessToken).amr).toContain('mfa');
});

test('another issuer signs with another key', async () => {
  const other = await startSignIn();
  const { accessToken } = await signInAs(other.issuer, 'alice');
  await other.close();
  await expect(verify(accessToken)).rejects.toThrow('no applicable key found');
});

test('a stranger does not get in', async () => {
  await expect(signInAs(signIn.issuer, 'trudy')).rejects.toThrow(/^SIGN_IN_REFUSED: .* answered 401/);
});

test('a wrong password shows the page again, and the page escapes what it shows', async () => {
  const start = await authorize({});
  const page = new URL(start.headers.get('location') ?? '', signIn.issuer);
  const cookie = start.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const shown = await fetch(page, { headers: { cookie } });
  expect(await shown.text()).toContain('<option value="alice">');
  const answer = await fetch(page, {
    method: 'POST',
    headers: { cookie },
    body: new URLSearchParams({ name: 'alice', password: 'guess' }),
  });
  expect(answer.status).toBe(401);
  expect(await answer.text()).toContain('<p role="alert">This name and password do not belong together.</p>');
});

test('the page without its cookie says what to do', async () => {
  const answer = await fetch(`${signIn.issuer}/interaction/unknown`);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(
    /^SIGN_IN_FAILED: .* Start again from the page that sent you here\.\n$/,
  );
});

test('PKCE is required', async () => {
  const answer = await authorize({ code_challenge: undefined, code_challenge_method: undefined });
  expect(answer.headers.get('location')).toContain('error=invalid_request');
});

test('only registered addresses get a code', async () => {
  const portal = 'http://127.0.0.1:4711/portal';
  const refusal = await authorize({ redirect_uri: portal });
  expect(refusal.status).toBe(400);
  expect(await refusal.text()).toMatch(/^SIGN_IN_REFUSED: invalid_redirect_uri, /);
  signIn.allowRedirect(portal);
  expect((await authorize({ redirect_uri: portal })).status).toBe(303);
  expect((await authorize({ redirect_uri: `${portal}/signed-in` })).status).toBe(303);
  expect((await authorize({ redirect_uri: `${portal}-elsewhere` })).status).toBe(400);
});
