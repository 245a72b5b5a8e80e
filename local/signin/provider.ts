import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { type Context, Provider } from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';
import { client } from './client.ts';
import { findPerson, type Person } from './people.ts';

const RESOURCE = 'urn:keyward:api';
const HOUR = 3600;
const WORKING_DAY = 8 * HOUR;

/**
 * The OpenID Connect protocol for our people and our client, with a signing key of its own.
 * @param redirects the client may send people back to these and to what is below; read at each request, so it may grow
 */
export async function createProvider(issuer: string, redirects: readonly string[]): Promise<Provider> {
  const provider = new Provider(issuer, {
    adapter: createMemoryAdapter(0),
    jwks: { keys: [await createSigningKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clients: [
      {
        client_id: client.id,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [...redirects],
      },
    ],
    scopes: client.scope.split(' '),
    claims: { openid: ['sub', 'amr'], profile: ['name'], email: ['email'], groups: ['groups'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: client.scope,
          audience: client.audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: WORKING_DAY,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    interactions: { url: (_context: Context, { uid }: { uid: string }) => signInPath(uid) },
    findAccount: (_context: Context, id: string) => {
      const person = findPerson(id);
      return person && { accountId: id, claims: () => ({ sub: id, ...claimsOf(person) }) };
    },
    extraTokenClaims: ({ oidc }: Context, token: { accountId?: string }) => {
      const person = findPerson(token.accountId ?? '');
      return person && { ...claimsOf(person), amr: oidc.entities.AuthorizationCode?.amr };
    },
    loadExistingGrant: grantEverything,
    renderError: (context: Context, { error, error_description: reason }: Record<string, string>) => {
      context.type = 'text/plain';
      context.body = `SIGN_IN_REFUSED: ${error}, ${reason}. Start again from the page that sent you here.\n`;
    },
    clientBasedCORS: () => true,
    ttl: {
      AccessToken: WORKING_DAY,
      AuthorizationCode: 60,
      Grant: WORKING_DAY,
      IdToken: WORKING_DAY,
      Interaction: HOUR,
      Session: WORKING_DAY,
    },
  });
  // Where the client runs is known only after the deployment.
  const isAllowed = (uri: string) => redirects.some((base) => uri === base || uri.startsWith(`${base}/`));
  provider.Client.prototype.redirectUriAllowed = isAllowed;
  provider.Client.prototype.postLogoutRedirectUriAllowed = isAllowed;
  return provider;
}

/** Where the issuer asks who someone is. */
export const signInPath = (interaction: string): string => `/interaction/${interaction}`;

async function createSigningKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    ...(await exportJWK(privateKey)),
    alg: 'RS256',
    use: 'sig',
    kid: randomBytes(8).toString('hex'),
  };
}

const claimsOf = ({ fullName, email, groups }: Person) => ({ name: fullName, email, groups });

/** The client is our own: nobody is asked whether it may know their name. */
async function grantEverything({ oidc }: Context) {
  const { session } = oidc;
  if (oidc.client === undefined || session?.accountId === undefined) return undefined;
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: session.accountId });
  grant.addOIDCScope(client.scope);
  grant.addResourceScope(RESOURCE, client.scope);
  await grant.save();
  return grant;
}
