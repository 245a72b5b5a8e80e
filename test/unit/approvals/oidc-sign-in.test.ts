import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../../lambdas/adapters/oidc.ts';
import { createSignIn, type PendingSignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import { BackendBusy, Unauthenticated } from '../../../lambdas/domain/errors.ts';
import { client, ownRedirect } from '../../../local/signin/client.ts';
import { type SignIn as Issuer, startSignIn } from '../../../local/signin/sign-in.ts';
import { signInAs } from '../../../local/signin/sign-in-as.ts';
import { openSignedIn, visitor } from '../../../local/tour/visitor.ts';

describe('a sign-in at a real issuer', () => {
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await startSignIn();
  });
  afterAll(() => issuer.close());

  const signIn = () =>
    createSignIn({ issuer: issuer.issuer, clientId: client.id, audience: client.audience });

  /** Begins, signs in as a person in a browser, and comes back. */
  async function comeBack(
    name: string,
    browser = visitor(),
    options: Parameters<typeof openSignedIn>[3] & { readonly stepUp?: boolean } = {},
  ): Promise<{ code: string; state: string; pending: PendingSignIn }> {
    const { url, pending } = await signIn().begin(ownRedirect(issuer.issuer), options);
    const end = await openSignedIn(browser, url, name, options);
    const { searchParams } = end.url;
    return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '', pending };
  }

  it('ends with the person that the API knows by the same token', async () => {
    const { code, state, pending } = await comeBack('carol');
    expect(state).toBe(pending.state);
    const person = await signIn().complete(code, pending);
    const { accessToken } = await signInAs(issuer.issuer, 'carol');
    const verifier = createTokenVerifier({ issuer: issuer.issuer, audience: issuer.audience });
    expect(person).toEqual(await verifier.verify(accessToken));
    expect(person).toMatchObject({ id: 'person:carol', groups: ['payments-owner', 'security'] });
  });

  it('is asked for with PKCE, a nonce, and nothing that was used before', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => signIn().begin('https://k.test/signed-in')));
    const asked = Object.fromEntries(new URL(first?.url ?? '').searchParams);
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'keyward',
      redirect_uri: 'https://k.test/signed-in',
      scope: 'openid profile email groups',
      state: first?.pending.state,
      nonce: first?.pending.nonce,
      code_challenge: createHash('sha256')
        .update(first?.pending.verifier ?? '')
        .digest('base64url'),
      code_challenge_method: 'S256',
    });
    const secrets = [first, second].flatMap((each) => [
      each?.pending.state,
      each?.pending.nonce,
      each?.pending.verifier,
    ]);
    expect(new Set(secrets).size).toBe(6);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(first?.url).not.toContain(first?.pending.verifier);
  });

  it('for a second factor asks whoever is signed in again, and shows whether it was proved', async () => {
    const browser = visitor();
    const { code: first, pending: begun } = await comeBack('bob', browser);
    expect(await signIn().complete(first, begun)).toMatchObject({ mfa: false });
    // Signed in at the issuer, nobody is asked.
    const { url } = await signIn().begin(ownRedirect(issuer.issuer));
    expect((await browser.open(url)).url.searchParams.has('code')).toBe(true);
    const stepUp = await signIn().begin(ownRedirect(issuer.issuer), { stepUp: true });
    expect((await browser.open(stepUp.url)).html).toMatch(/name="second-factor" value="yes" checked/);
    const { code, pending } = await comeBack('bob', browser, { stepUp: true, secondFactor: true });
    expect(await signIn().complete(code, pending)).toMatchObject({ id: 'person:bob', mfa: true });
  });

  it('for a second factor is asked for in the words of the issuer, and only then', async () => {
    const { issuer: address } = issuer;
    const inWords = createSignIn({
      issuer: address,
      clientId: client.id,
      audience: client.audience,
      stepUpAcr: 'urn:example:mfa',
    });
    const askedBy = async (from: ReturnType<typeof createSignIn>, stepUp: boolean) => {
      const { searchParams } = new URL((await from.begin('https://k.test/signed-in', { stepUp })).url);
      return ['prompt', 'max_age', 'acr_values'].map((name) => searchParams.get(name));
    };
    expect(await askedBy(inWords, true)).toEqual(['login', '0', 'urn:example:mfa']);
    expect(await askedBy(signIn(), true)).toEqual(['login', '0', null]);
    expect(await askedBy(inWords, false)).toEqual([null, null, null]);
  });

  it.each(['verifier', 'nonce'] as const)(
    'with the %s of another one ends without a person',
    async (field) => {
      const { code, pending } = await comeBack('bob');
      const other = { ...pending, [field]: 'x'.repeat(43) };
      await expect(signIn().complete(code, other)).rejects.toThrow(Unauthenticated);
    },
  );

  it('takes a code once', async () => {
    const { code, pending } = await comeBack('bob');
    await signIn().complete(code, pending);
    await expect(signIn().complete(code, pending)).rejects.toThrow(Unauthenticated);
  });
});

describe('a sign-in at an issuer of another kind', () => {
  let server: Server;
  let issuer: string;
  let sign: (claims: Record<string, unknown>, audience: string) => Promise<string>;
  /** What the issuer answers: a body as JSON, or a status alone. */
  let discovery: (own: Record<string, unknown>) => unknown;
  let token: () => Promise<unknown>;
  const pending: PendingSignIn = {
    state: 's',
    nonce: 'the nonce',
    verifier: 'v',
    redirectUri: 'https://k.test/signed-in',
  };

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'k' };
    server = createServer((request, response) => {
      const answer = async (): Promise<unknown> => {
        if (request.url === '/jwks') return { keys: [jwk] };
        if (request.url === '/token') return token();
        return discovery({
          issuer,
          jwks_uri: `${issuer}/jwks`,
          authorization_endpoint: `${issuer}/authorize?tenant=1`,
          token_endpoint: `${issuer}/token`,
        });
      };
      const send = async (): Promise<void> => {
        const body = await answer();
        if (typeof body === 'number') response.writeHead(body, { location: '/jwks' }).end();
        else response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      };
      void send();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    sign = (claims, audience) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(privateKey);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const signIn = () => createSignIn({ issuer, clientId: 'page', audience: 'keyward' });
  const idToken = (claims = {}) => sign({ sub: '00u1', nonce: pending.nonce, ...claims }, 'page');
  const accessToken = () => sign({ sub: 'carol@k.test', groups: ['security'] }, 'keyward');
  const ends = () => signIn().complete('code', pending);

  it('counts a person as the API does, also where the id token has another subject', async () => {
    discovery = (own) => own;
    token = async () => ({ id_token: await idToken(), access_token: await accessToken() });
    expect(await ends()).toMatchObject({ id: 'person:carol@k.test', groups: ['security'] });
  });

  it.each([
    ['without an id token', async () => ({ access_token: await accessToken() })],
    [
      'with an id token for another client',
      async () => ({
        id_token: await sign({ sub: 'x', nonce: pending.nonce }, 'other'),
        access_token: await accessToken(),
      }),
    ],
    [
      'with an id token of another sign-in',
      async () => ({ id_token: await idToken({ nonce: 'other' }), access_token: await accessToken() }),
    ],
    [
      'with an access token that is not one of ours',
      async () => ({ id_token: await idToken(), access_token: 'opaque' }),
    ],
    [
      'with the id token in place of the access token',
      async () => ({
        id_token: await idToken(),
        access_token: await sign({ sub: '00u1', nonce: pending.nonce }, 'keyward'),
      }),
    ],
    ['with a refusal', async () => 400],
  ])('%s ends without a person', async (_how, answer) => {
    discovery = (own) => own;
    token = answer;
    await expect(ends()).rejects.toThrow(Unauthenticated);
  });

  it.each([500, 429, 302])(
    'that answers the code with %d is busy, and is sent nowhere else',
    async (status) => {
      discovery = (own) => own;
      token = async () => status;
      await expect(ends()).rejects.toThrow(BackendBusy);
    },
  );

  it.each([
    ['another name', (own: object) => ({ ...own, issuer: 'https://evil.test' })],
    ['no endpoint', (own: object) => ({ ...own, token_endpoint: undefined })],
    ['an error', () => 503],
  ])('that describes itself with %s is not trusted, and asked again the next time', async (_what, told) => {
    const same = signIn();
    discovery = told;
    await expect(same.begin(pending.redirectUri)).rejects.toThrow(BackendBusy);
    discovery = (own) => own;
    await expect(same.begin(pending.redirectUri)).resolves.toBeDefined();
  });

  it('is asked only for what it has, at the address that it names', async () => {
    discovery = (own) => ({ ...own, scopes_supported: ['openid', 'email'] });
    const url = new URL((await signIn().begin(pending.redirectUri)).url);
    expect(url.searchParams.get('scope')).toBe('openid email');
    expect(url.searchParams.get('tenant')).toBe('1');
  });

  it('that is not there is busy', async () => {
    const nowhere = createSignIn({ issuer: 'http://127.0.0.1:9', clientId: 'page', audience: 'keyward' });
    await expect(nowhere.begin(pending.redirectUri)).rejects.toThrow(BackendBusy);
  });
});
