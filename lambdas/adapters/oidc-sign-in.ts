import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { BackendBusy, Unauthenticated } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { createTokenVerifier } from './oidc.ts';

/** What has to be kept, unread by anybody, from the beginning of a sign-in to its end. */
export const pendingSignIn = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.url(),
});
export type PendingSignIn = z.infer<typeof pendingSignIn>;

export interface SignIn {
  /**
   * Where a browser is sent to sign in; with `stepUp`, anew and with a second factor, whoever is signed in at the issuer.
   * Issuers are free in what they make of that: whether it was proved says the person that `complete` brings. Throws
   * BackendBusy when the issuer cannot be asked.
   */
  begin(
    redirectUri: string,
    options?: { readonly stepUp?: boolean },
  ): Promise<{ readonly url: string; readonly pending: PendingSignIn }>;
  /**
   * Who has signed in. The caller has checked that the browser came back with `pending.state`.
   * Throws Unauthenticated (the code or a token is not one to trust) or BackendBusy.
   */
  complete(code: string, pending: PendingSignIn): Promise<Principal>;
}

const endpoints = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  scopes_supported: z.array(z.string()).optional(),
});
type Endpoints = z.infer<typeof endpoints>;

const tokens = z.looseObject({ id_token: z.string(), access_token: z.string() });

const TIMEOUT_MS = 5_000;

/** Asked for where the issuer has them: an unknown scope is an error at some issuers. */
const wantedScopes = ['profile', 'email', 'groups'] as const;

/**
 * The code flow with PKCE (S256) of a public client.
 *
 * The id token proves that the tokens are of this sign-in (nonce, client id). Who the person is says the access token,
 * as it does to the API: issuers may use different subjects in the two, and one person must count once on whatever
 * channel they decide.
 */
export function createSignIn({
  issuer,
  clientId,
  audience,
  stepUpAcr,
}: {
  readonly issuer: string;
  readonly clientId: string;
  /** The `aud` of the access tokens. */
  readonly audience: string;
  /** What the issuer calls a sign-in with a second factor (`acr_values`), for one that has to be asked so. */
  readonly stepUpAcr?: string | undefined;
}): SignIn {
  const idTokens = createTokenVerifier({ issuer, audience: clientId });
  const accessTokens = createTokenVerifier({ issuer, audience });
  let known: Endpoints | undefined;
  const discover = async (): Promise<Endpoints> => {
    known ??= await discovered(issuer);
    return known;
  };
  return {
    async begin(redirectUri, { stepUp = false } = {}) {
      const { authorization_endpoint: endpoint, scopes_supported: supported = ['profile', 'email'] } =
        await discover();
      const pending = { state: random(), nonce: random(), verifier: random(), redirectUri };
      const url = new URL(endpoint);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: ['openid', ...wantedScopes.filter((scope) => supported.includes(scope))].join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(stepUp ? { prompt: 'login', max_age: '0' } : {}),
        ...(stepUp && stepUpAcr !== undefined ? { acr_values: stepUpAcr } : {}),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return { url: url.href, pending };
    },
    async complete(code, { nonce, verifier, redirectUri }) {
      const { token_endpoint: endpoint } = await discover();
      const { id_token: idToken, access_token: accessToken } = await exchanged(endpoint, {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirectUri,
        code,
        code_verifier: verifier,
      });
      await idTokens.verify(idToken, { nonce });
      return accessTokens.verify(accessToken);
    },
  };
}

const random = (): string => randomBytes(32).toString('base64url');

async function discovered(issuer: string): Promise<Endpoints> {
  const response = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const document = endpoints.safeParse(await bodyOf(response));
  if (!response.ok || !document.success || document.data.issuer !== issuer) {
    throw new BackendBusy('The issuer of the sign-in does not say where to sign in; try again.', {
      status: response.status,
    });
  }
  return document.data;
}

async function exchanged(
  endpoint: string,
  form: Readonly<Record<string, string>>,
): Promise<z.infer<typeof tokens>> {
  const response = await ask(endpoint, { method: 'POST', body: new URLSearchParams(form) });
  if (response.status >= 500 || response.status === 429) {
    throw new BackendBusy('The issuer of the sign-in is busy; try again.', { status: response.status });
  }
  const answer = tokens.safeParse(await bodyOf(response));
  if (!response.ok || !answer.success) {
    throw new Unauthenticated('The issuer did not confirm the sign-in. Sign in again.', {
      status: response.status,
    });
  }
  return answer.data;
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    // A redirect would carry the code to an address that nobody named.
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new BackendBusy('The issuer of the sign-in does not answer; try again.', {}, { cause: error });
  }
}

/** The JSON of an answer; nothing for any other text. */
async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
