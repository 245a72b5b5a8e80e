import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import { client, ownRedirect } from './client.ts';
import { DEVELOPMENT_PASSWORD, findPerson } from './people.ts';
import { createProvider, signInPath } from './provider.ts';
import { signInFields, signInPage } from './sign-in-page.ts';

export type SignIn = {
  /** The issuer's URL; discovery is at `/.well-known/openid-configuration` under it. */
  readonly issuer: string;
  readonly jwksUri: string;
  readonly clientId: string;
  /** The `aud` of the access tokens. */
  readonly audience: string;
  /** Lets the client send people back to this URL, and to those below it, after signing in and out. */
  allowRedirect(url: string): void;
  close(): Promise<void>;
};

/**
 * Starts an OpenID Connect issuer for development on a free port of 127.0.0.1, over plain http: code flow with PKCE,
 * public client `keyward`, RS256 access and id tokens that carry `groups`, `email`, `name` and `amr`.
 */
export async function startSignIn(): Promise<SignIn> {
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const redirects = [ownRedirect(issuer)];
  const provider = await createProvider(issuer, redirects);
  const serveProtocol = provider.callback();
  server.on('request', (request, response) => {
    const serve = request.url?.startsWith(signInPath('')) ? serveSignInPage : serveProtocol;
    serve(request, response, provider).catch((error: unknown) => fail(response, error));
  });
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    clientId: client.id,
    audience: client.audience,
    allowRedirect: (url) => void redirects.push(url),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address !== 'string') resolve(address.port);
      else reject(new Error('SIGN_IN_START: no TCP port was given; see whether 127.0.0.1 is up.'));
    });
  });
}

async function serveSignInPage(
  request: IncomingMessage,
  response: ServerResponse,
  provider: Provider,
): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  const action = signInPath(uid);
  const stepUp = params.prompt === 'login';
  if (request.method !== 'POST') {
    sendPage(response, 200, signInPage(action, { stepUp }));
    return;
  }
  const form = new URLSearchParams(await text(request));
  const person = findPerson(form.get(signInFields.name) ?? '');
  if (person === undefined || form.get(signInFields.password) !== DEVELOPMENT_PASSWORD) {
    const refusal = 'This name and password do not belong together.';
    sendPage(response, 401, signInPage(action, { stepUp, refusal }));
    return;
  }
  const amr = form.has(signInFields.secondFactor) ? ['pwd', 'otp', 'mfa'] : ['pwd'];
  const result = { login: { accountId: person.name, amr } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

function sendPage(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(page);
}

function fail(response: ServerResponse, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`SIGN_IN_FAILED: ${reason}. Start again from the page that sent you here.\n`);
}
