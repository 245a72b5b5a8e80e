import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { client, ownRedirect } from './client.ts';
import { DEVELOPMENT_PASSWORD } from './people.ts';
import { signInFields } from './sign-in-page.ts';

export type Tokens = { readonly accessToken: string; readonly idToken: string };

const Endpoints = z.object({ authorization_endpoint: z.url(), token_endpoint: z.url() });
const TokenAnswer = z.object({ access_token: z.string(), id_token: z.string() });

/**
 * Signs someone in at the local issuer as a browser does: the code flow with PKCE, and the issuer's own page on the way.
 * @param name one of people.ts
 * @param options.secondFactor the tokens' `amr` then holds `mfa`
 * @throws Error SIGN_IN_REFUSED for a stranger
 */
export async function signInAs(
  issuer: string,
  name: string,
  options: { readonly secondFactor?: boolean } = {},
): Promise<Tokens> {
  const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
  const endpoints = Endpoints.parse(await discovery.json());
  const verifier = randomBytes(32).toString('base64url');
  const form = new URLSearchParams({
    [signInFields.name]: name,
    [signInFields.password]: DEVELOPMENT_PASSWORD,
    ...(options.secondFactor && { [signInFields.secondFactor]: 'yes' }),
  });
  const code = await authorize(endpoints.authorization_endpoint, ownRedirect(issuer), verifier, form);
  const answer = await fetch(endpoints.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client.id,
      redirect_uri: ownRedirect(issuer),
      code,
      code_verifier: verifier,
    }),
  });
  if (!answer.ok) throw refused(await answer.text());
  const { access_token: accessToken, id_token: idToken } = TokenAnswer.parse(await answer.json());
  return { accessToken, idToken };
}

async function authorize(
  endpoint: string,
  redirectUri: string,
  verifier: string,
  form: URLSearchParams,
): Promise<string> {
  const start = new URL(endpoint);
  start.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: client.scope,
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const cookies = new Map<string, string>();
  const page = await follow(start, cookies, redirectUri);
  const end = await follow(page, cookies, redirectUri, form);
  const code = end.searchParams.get('code');
  if (code === null) {
    throw refused(end.searchParams.get('error_description') ?? `the sign-in ended at ${end.href}`);
  }
  return code;
}

/** Goes where the issuer sends us, with its cookies, until a page answers or the client's own address is reached. */
async function follow(
  from: URL,
  cookies: Map<string, string>,
  until: string,
  form?: URLSearchParams,
): Promise<URL> {
  let url = from;
  let body = form;
  while (!url.href.startsWith(until)) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      ...(body && { method: 'POST', body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const next = response.headers.get('location');
    if (next === null) {
      if (!response.ok) throw refused(`${url.pathname} answered ${response.status}`);
      return url;
    }
    url = new URL(next, url);
    body = undefined;
  }
  return url;
}

const refused = (reason: string): Error =>
  new Error(`SIGN_IN_REFUSED: ${reason}. See local/signin/people.ts for who there is.`);
