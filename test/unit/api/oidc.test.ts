import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier, type TokenVerifier } from '../../../lambdas/adapters/oidc.ts';
import { BackendBusy, Unauthenticated } from '../../../lambdas/domain/errors.ts';

const audience = 'keyward';
const claims = {
  sub: 'alice',
  name: 'Alice',
  email: 'alice@example.test',
  groups: ['payments'],
  amr: ['pwd', 'otp', 'mfa'],
};

let server: Server;
let issuer: string;
let verifier: TokenVerifier;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let ecKeys: typeof keys;
let anyKeys: typeof keys;
let strangeKeys: typeof keys;
const says: { discovery: object | 'down'; jwks: 'up' | 'down'; asked: number } = {
  discovery: {},
  jwks: 'up',
  asked: 0,
};

beforeAll(async () => {
  [keys, ecKeys, anyKeys, strangeKeys] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('RS512', { extractable: true }),
    generateKeyPair('RS256'),
  ]);
  const jwks = {
    keys: [
      { ...(await exportJWK(keys.publicKey)), kid: 'rsa', alg: 'RS256' },
      { ...(await exportJWK(ecKeys.publicKey)), kid: 'ec', alg: 'ES256' },
      // A key that says nothing of what it is for.
      { ...(await exportJWK(anyKeys.publicKey)), kid: 'any' },
    ],
  };
  server = createServer((request, response) => {
    says.asked += 1;
    const body = request.url === '/jwks' ? jwks : says.discovery;
    const down = request.url === '/jwks' ? says.jwks === 'down' : body === 'down';
    response.writeHead(down ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  Object.assign(says, { discovery: { issuer, jwks_uri: `${issuer}/jwks` }, jwks: 'up', asked: 0 });
  verifier = createTokenVerifier({ issuer, audience });
});

function aToken(
  change: object = {},
  {
    alg = 'RS256',
    kid = 'rsa',
    key = keys.privateKey,
    typ,
  }: { alg?: string; kid?: string; key?: Parameters<SignJWT['sign']>[0]; typ?: string | undefined } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: issuer, aud: audience, iat: now, exp: now + 60, ...claims, ...change })
    .setProtectedHeader({ alg, kid, ...(typ === undefined ? {} : { typ }) })
    .sign(key);
}

describe('a good token', () => {
  it('says who a person is', async () => {
    expect(await verifier.verify(await aToken())).toEqual({
      kind: 'person',
      id: 'person:alice',
      name: 'Alice',
      email: 'alice@example.test',
      groups: ['payments'],
      mfa: true,
    });
  });

  it('may be signed with ES256', async () => {
    const token = await aToken({}, { alg: 'ES256', kid: 'ec', key: ecKeys.privateKey });
    expect((await verifier.verify(token)).id).toBe('person:alice');
  });

  it.each<[string, object, string]>([
    ['as RFC 9068 has it', {}, 'at+jwt'],
    ['as RFC 9068 has it, in full', {}, 'application/AT+JWT'],
    ['as Cognito has it', { token_use: 'access' }, 'JWT'],
    ['as Keycloak has it', { typ: 'Bearer', azp: 'keyward' }, 'JWT'],
  ])('may say that it is an access token, %s', async (_how, change, typ) => {
    expect((await verifier.verify(await aToken(change, { typ }))).id).toBe('person:alice');
  });

  it('may say less', async () => {
    const bare = { name: undefined, email: undefined, groups: undefined, amr: ['pwd'] };
    expect(await verifier.verify(await aToken(bare))).toEqual({
      kind: 'person',
      id: 'person:alice',
      name: 'alice',
      groups: [],
      mfa: false,
    });
    expect(await verifier.verify(await aToken({ email: 'no address' }))).not.toHaveProperty('email');
  });

  it.each<[unknown, boolean]>([
    [['mfa'], true],
    ['mfa', true],
    [['pwd', 'otp'], true],
    [['hwk', 'pin'], true],
    [['hwk', 'fpt'], true],
    ['pwd', false],
    [['otp'], false],
    [['hwk'], false],
    [['pwd', 'pin'], false],
    [['otp', 'sms'], false],
    [[], false],
    [['MFA', 'geo', 'user'], false],
    [undefined, false],
  ])('with amr %j tells of a second factor: %s', async (amr, mfa) => {
    expect((await verifier.verify(await aToken({ amr }))).mfa).toBe(mfa);
  });

  it('of a sign-in carries the nonce of that sign-in', async () => {
    const token = await aToken({ nonce: 'n-1' });
    expect((await verifier.verify(token, { nonce: 'n-1' })).id).toBe('person:alice');
    await expect(verifier.verify(token, { nonce: 'n-2' })).rejects.toBeInstanceOf(Unauthenticated);
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(Unauthenticated);
    await expect(verifier.verify(await aToken(), { nonce: 'n-1' })).rejects.toBeInstanceOf(Unauthenticated);
  });

  it('costs no question to the issuer once its keys are known', async () => {
    await verifier.verify(await aToken());
    const { asked } = says;
    await verifier.verify(await aToken({ sub: 'bob' }));
    expect(says.asked).toBe(asked);
  });
});

describe('a token is refused', () => {
  it.each<[string, object]>([
    ['when it has expired', { exp: 1 }],
    ['when it never expires', { exp: undefined }],
    ['when its time has not come', { nbf: 9_999_999_999 }],
    ['of another issuer', { iss: 'https://elsewhere.test' }],
    ['for another audience', { aud: 'other' }],
    ['for nobody', { sub: undefined }],
    ['for an empty name', { sub: '' }],
    ['with groups of another form', { groups: 'payments' }],
    ['with methods of another form', { amr: { mfa: true } }],
    ['with more groups than a principal holds', { groups: Array.from({ length: 201 }, (_, n) => `g${n}`) }],
  ])('%s', async (_, change) => {
    await expect(verifier.verify(await aToken(change))).rejects.toBeInstanceOf(Unauthenticated);
  });

  it.each<[string, object, string | undefined]>([
    ['says that it is one (Cognito)', { token_use: 'id' }, 'JWT'],
    ['says that it is one (Keycloak)', { typ: 'ID' }, 'JWT'],
    ['vouches for an access token', { at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' }, 'JWT'],
    ['vouches for a code', { c_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' }, undefined],
    ['carries a nonce', { nonce: 'n-1' }, 'JWT'],
    ['renews a session', { typ: 'Refresh' }, 'JWT'],
    ['ends a session', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, 'JWT'],
    ['ends a session, by its type', {}, 'logout+jwt'],
    ['tells of a security event', {}, 'secevent+jwt'],
  ])('that is no access token: it %s', async (_what, change, typ) => {
    const token = await aToken(change, { typ });
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(Unauthenticated);
  });

  it('of a sign-in that is no id token', async () => {
    for (const change of [{ token_use: 'access' }, { typ: 'Bearer' }]) {
      const token = await aToken({ nonce: 'n-1', ...change });
      await expect(verifier.verify(token, { nonce: 'n-1' })).rejects.toBeInstanceOf(Unauthenticated);
    }
    const access = await aToken({ nonce: 'n-1' }, { typ: 'at+jwt' });
    await expect(verifier.verify(access, { nonce: 'n-1' })).rejects.toBeInstanceOf(Unauthenticated);
  });

  it('that is signed with another key, or with the public one as a secret', async () => {
    const forged = await aToken({}, { key: strangeKeys.privateKey });
    await expect(verifier.verify(forged)).rejects.toBeInstanceOf(Unauthenticated);
    const unknown = await aToken({}, { kid: 'other', key: strangeKeys.privateKey });
    await expect(verifier.verify(unknown)).rejects.toBeInstanceOf(Unauthenticated);
    const secret = Buffer.from(JSON.stringify(await exportJWK(keys.publicKey)));
    const confused = await aToken({}, { alg: 'HS256', key: secret });
    await expect(verifier.verify(confused)).rejects.toBeInstanceOf(Unauthenticated);
  });

  it('that the issuer itself signed in another way than RS256 or ES256', async () => {
    const token = await aToken({}, { alg: 'RS512', kid: 'any', key: anyKeys.privateKey });
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(Unauthenticated);
  });

  it('that is signed with RS384, PS256 or not at all', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, payload = '', signature = ''] = (await aToken()).split('.');
    for (const alg of ['none', 'RS384', 'PS256']) {
      const token = `${encode({ alg, kid: 'rsa' })}.${payload}.${alg === 'none' ? '' : signature}`;
      await expect(verifier.verify(token)).rejects.toBeInstanceOf(Unauthenticated);
    }
  });

  it('that is none, without a question to the issuer', async () => {
    for (const text of ['', 'a', 'a.b', 'a.b.c', 'e30.e30.e30', '....', 'é.é.é']) {
      await expect(verifier.verify(text)).rejects.toBeInstanceOf(Unauthenticated);
    }
    expect(says.asked).toBe(0);
  });

  it('whose content was changed', async () => {
    const [header, , signature] = (await aToken()).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url');
    await expect(verifier.verify(`${header}.${payload}.${signature}`)).rejects.toBeInstanceOf(
      Unauthenticated,
    );
  });
});

describe('an issuer', () => {
  it.each<[string, Partial<typeof says>]>([
    ['whose discovery is down', { discovery: 'down' }],
    ['whose keys are down', { jwks: 'down' }],
    [
      'that calls itself otherwise',
      { discovery: { issuer: 'https://elsewhere.test', jwks_uri: 'http://127.0.0.1:1/' } },
    ],
    ['that names no keys', { discovery: { issuer: 'x' } }],
  ])('%s lets nobody in, and is asked again', async (_, change) => {
    const works = { ...says };
    Object.assign(says, change);
    await expect(verifier.verify(await aToken())).rejects.toBeInstanceOf(BackendBusy);
    Object.assign(says, works);
    expect((await verifier.verify(await aToken())).id).toBe('person:alice');
  });

  it('that cannot be reached lets nobody in', async () => {
    const gone = createTokenVerifier({ issuer: 'http://127.0.0.1:1', audience });
    const token = await aToken({ iss: 'http://127.0.0.1:1' });
    await expect(gone.verify(token)).rejects.toBeInstanceOf(BackendBusy);
  });
});
