import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { TokenVerifier } from '../../adapters/oidc.ts';
import { identifier } from '../../domain/formats.ts';
import type { Principal } from '../../domain/principal.ts';
import type { PagePath } from './address.ts';
import { SignInInterrupted, SignInRefused } from './errors.ts';
import type { Issuer } from './issuer.ts';
import type { Seal } from './seal.ts';

/** A sign-in under way, kept sealed with the browser that began it. */
const begun = z.strictObject({
  state: z.string().min(22),
  nonce: z.string().min(22),
  codeVerifier: z.string().min(43),
  /** The request to come back to; without it the list. */
  requestId: identifier('req').optional(),
});

/** The answer of the issuer, in the query of the address that it sends people back to. */
const answer = z.object({
  state: z.string().optional(),
  code: z.string().min(1).max(4096).optional(),
  error: z.string().optional(),
  iss: z.string().optional(),
});

export const SIGN_IN_SECONDS = 10 * 60;

export interface SignIn {
  /** Where to send the browser, and what it has to bring back. */
  begin(from: { readonly redirectUri: string; readonly requestId?: string }): Promise<{
    readonly location: string;
    readonly sealed: string;
  }>;
  /**
   * Who has signed in, and the page they wanted. Throws SignInInterrupted (not begun in this browser, or too long ago),
   * SignInRefused, Unauthenticated or BackendBusy.
   */
  finish(from: {
    readonly redirectUri: string;
    readonly query: unknown;
    readonly sealed: string | undefined;
  }): Promise<{ readonly person: Principal; readonly page: PagePath }>;
}

/** Signs people in at an OIDC issuer: code flow with PKCE, `state` and `nonce`. */
export function createSignIn({
  issuer,
  clientId,
  verifier,
  seal,
}: {
  readonly issuer: Issuer;
  readonly clientId: string;
  readonly verifier: TokenVerifier;
  readonly seal: Seal;
}): SignIn {
  return {
    async begin({ redirectUri, requestId }) {
      const { endpoint, scope } = await issuer.authorization();
      const [state, nonce, codeVerifier] = [unguessable(), unguessable(), unguessable()];
      const location = new URL(endpoint);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
      const content: z.input<typeof begun> = {
        state,
        nonce,
        codeVerifier,
        ...(requestId === undefined ? {} : { requestId }),
      };
      return { location: location.href, sealed: await seal.seal('sign-in', content, SIGN_IN_SECONDS) };
    },

    async finish({ redirectUri, query, sealed }) {
      const given = answer.safeParse(query).data;
      const flow =
        sealed === undefined ? undefined : begun.safeParse(await seal.open('sign-in', sealed)).data;
      if (given === undefined || flow === undefined || given.state !== flow.state)
        throw new SignInInterrupted();
      if (given.iss !== undefined && given.iss !== issuer.name) throw new SignInRefused({ iss: given.iss });
      const { code, error } = given;
      if (code === undefined || error !== undefined) throw new SignInRefused({ error });
      const idToken = await issuer.exchange({ code, redirectUri, codeVerifier: flow.codeVerifier });
      const person = await verifier.verify(idToken, { nonce: flow.nonce });
      return { person, page: flow.requestId === undefined ? '' : `/requests/${flow.requestId}` };
    },
  };
}

function unguessable(): string {
  return randomBytes(32).toString('base64url');
}
