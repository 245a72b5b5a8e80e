import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import { decided, requestDetail, session } from '../../../lambdas/approvals/portal/contract.ts';
import { client } from '../../../local/signin/client.ts';
import { type SignIn as Issuer, startSignIn } from '../../../local/signin/sign-in.ts';
import { openPortal, openSignedIn, visitor } from '../../../local/tour/visitor.ts';
import { person, REQUEST_ID } from '../domain/examples.ts';
import { portalWorld } from './portal-world.ts';

/** What stands before the portal in the address on the local AWS. */
const BEFORE = '/restapis/a1b2c3/api/_user_request_';

describe('the portal over HTTP, with a sign-in at a real issuer', () => {
  let issuer: Issuer;
  let address: string;
  let world: Awaited<ReturnType<typeof portalWorld>>;
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const url = new URL(request.url ?? '', address);
      const path = url.pathname.slice(BEFORE.length);
      const body = await text(request);
      const event: Partial<APIGatewayProxyEvent> = {
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        queryStringParameters: Object.fromEntries(url.searchParams),
        body: body === '' ? null : body,
      };
      const answered = await world.visit(`${request.method} ${path}`, { event });
      const headers = {
        ...(answered.headers as Record<string, string>),
        'Set-Cookie': [...answered.setCookies],
      };
      response.writeHead(answered.status, headers).end(answered.body);
    };
    void answer();
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const listening = server.address();
    const port = typeof listening === 'object' && listening !== null ? listening.port : 0;
    address = `http://127.0.0.1:${port}${BEFORE}/portal`;
    issuer = await startSignIn();
    issuer.allowRedirect(address);
    const signIn = createSignIn({
      issuer: issuer.issuer,
      clientId: client.id,
      audience: client.audience,
    });
    world = await portalWorld({ deps: { signIn, address } });
    world.directory.add(person('bob', 'security'), person('carol', 'security'));
  });
  afterAll(async () => {
    await issuer.close();
    server.close();
    server.closeAllConnections();
  });

  it('leads from the link of a mail through the sign-in back to the request, which is then decided', async () => {
    const page = await openPortal(visitor(), `${address}/requests/${REQUEST_ID}`, 'bob');
    expect(session.parse((await page.get('session')).body)).toMatchObject({
      person: { id: 'person:bob' },
      mfa: false,
    });
    const { digest, may } = requestDetail.parse((await page.get(`requests/${REQUEST_ID}`)).body);
    expect(may.decide).toBe(true);
    const decision = { verdict: 'approve', reason: 'I saw the report.', digest };
    const answer = decided.parse((await page.post(`requests/${REQUEST_ID}/decisions`, decision)).body);
    expect(answer).toMatchObject({ done: 'recorded', request: { approved: 1 } });
  });

  it('proves a second factor on request, and says when it was not', async () => {
    const browser = visitor();
    const page = await openPortal(browser, address, 'carol', { secondFactor: true });
    expect(session.parse((await page.get('session')).body).mfa).toBe(true);
    const without = await openSignedIn(browser, `${address}/sign-in?stepUp=mfa`, 'carol');
    expect([without.status, without.html]).toEqual([403, expect.stringContaining('SecondFactorMissing')]);
    expect(session.parse((await page.get('session')).body).mfa).toBe(true);
  });

  it('knows nobody any more after the sign-out', async () => {
    const page = await openPortal(visitor(), address, 'carol');
    expect((await page.post('sign-out', {})).status).toBe(200);
    expect((await page.get('session')).status).toBe(401);
  });
});
