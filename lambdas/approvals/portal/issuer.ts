import * as z from 'zod';
import { BackendBusy } from '../../domain/errors.ts';
import { SignInRefused } from './errors.ts';

/** The OIDC issuer as the page needs it. Both throw BackendBusy when it cannot be asked. */
export interface Issuer {
  readonly name: string;
  /** Where people sign in, and the scopes to ask for there. */
  authorization(): Promise<{ readonly endpoint: string; readonly scope: string }>;
  /** The id token for a code. Throws SignInRefused for a code that the issuer does not take. */
  exchange(grant: {
    readonly code: string;
    readonly redirectUri: string;
    readonly codeVerifier: string;
  }): Promise<string>;
}

const discovery = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  scopes_supported: z.array(z.string()).default(['openid', 'profile', 'email']),
});
type Discovery = z.infer<typeof discovery>;

const tokens = z.looseObject({ id_token: z.string().min(1) });

const wantedScopes = ['openid', 'profile', 'email', 'groups'];

/** Both calls, and the keys that the token is verified with, have to fit into one answer of the Lambda. */
const TIMEOUT_MS = 3_000;

/** The issuer with this name, for a public client: what it knows of the page is the client id and the redirect URI. */
export function createIssuer(name: string, clientId: string): Issuer {
  let known: Discovery | undefined;
  const discovered = async (): Promise<Discovery> => {
    known ??= await discover(name);
    return known;
  };
  return {
    name,
    async authorization() {
      const { authorization_endpoint: endpoint, scopes_supported: supported } = await discovered();
      return { endpoint, scope: wantedScopes.filter((scope) => supported.includes(scope)).join(' ') };
    },
    async exchange({ code, redirectUri, codeVerifier }) {
      const { token_endpoint: endpoint } = await discovered();
      const response = await asked(endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: clientId,
          code,
          redirect_uri: redirectUri,
          code_verifier: codeVerifier,
        }),
      });
      if (response.status >= 400 && response.status < 500)
        throw new SignInRefused({ status: response.status });
      return (await readAs(tokens, response)).id_token;
    },
  };
}

async function discover(name: string): Promise<Discovery> {
  const address = `${name.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await readAs(discovery, await asked(address));
  if (document.issuer !== name) throw notAnswering(new Error(`The issuer calls itself ${document.issuer}.`));
  return document;
}

async function asked(address: string, options: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(address, { ...options, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw notAnswering(error);
  }
}

async function readAs<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  try {
    if (!response.ok) throw new Error(`The issuer answered with ${response.status}.`);
    return schema.parse(await response.json());
  } catch (error) {
    throw notAnswering(error);
  }
}

function notAnswering(cause: unknown): BackendBusy {
  return new BackendBusy('The sign-in of the organisation does not answer as it should.', {}, { cause });
}
