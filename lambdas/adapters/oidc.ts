import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import * as z from 'zod';
import { BackendBusy, Unauthenticated } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';

export interface TokenVerifier {
  /**
   * Who a token of the issuer speaks of: an access token, or the id token of the sign-in with the nonce expected. What the
   * sign-in of a page brought is no access token of the API, also where an issuer gives both one audience.
   *
   * Throws Unauthenticated when the token is not one to trust, BackendBusy when the issuer cannot be asked.
   */
  verify(token: string, expect?: { readonly nonce?: string }): Promise<Principal>;
}

const discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });

const claims = z.looseObject({
  sub: z.string().min(1).max(500),
  name: z.string().max(256).optional(),
  email: z.email().optional().catch(undefined),
  groups: z.array(z.string().max(128)).max(200).default([]),
  // Some issuers send a single method as text.
  amr: z.union([z.array(z.string()), z.string().transform((method) => [method])]).default([]),
  nonce: z.string().optional(),
  // What issuers say of the kind of a token: Cognito in the one, Keycloak in the other.
  token_use: z.unknown().optional(),
  typ: z.unknown().optional(),
  // Only id tokens vouch for what was issued beside them, and only tokens of events tell of some.
  at_hash: z.unknown().optional(),
  c_hash: z.unknown().optional(),
  events: z.unknown().optional(),
});
type Claims = z.infer<typeof claims>;

/** The `typ` of an access token by RFC 9068, which not all issuers set. */
const accessTokenTypes: readonly string[] = ['at+jwt', 'application/at+jwt'];

/** Most issuers say of a token no more than that it is a JWT, so that it is known by what it cannot be. */
function mayBeAccessToken(type: string | undefined, claim: Claims): boolean {
  return (
    [...accessTokenTypes, ...plainTypes].includes(type?.toLowerCase()) &&
    (claim.token_use ?? 'access') === 'access' &&
    (claim.typ ?? 'Bearer') === 'Bearer' &&
    [claim.at_hash, claim.c_hash, claim.events].every((told) => told === undefined)
  );
}

function mayBeIdToken(type: string | undefined, claim: Claims): boolean {
  return (
    plainTypes.includes(type?.toLowerCase()) &&
    (claim.token_use ?? 'id') === 'id' &&
    (claim.typ ?? 'ID') === 'ID' &&
    claim.events === undefined
  );
}

const plainTypes: readonly (string | undefined)[] = [undefined, 'jwt', 'application/jwt'];

/** Methods of RFC 8176 by the kind of factor that they prove. */
const factors = [
  ['pwd', 'pin', 'kba'],
  ['otp', 'hwk', 'swk', 'sc', 'sms', 'tel'],
  ['face', 'fpt', 'iris', 'retina', 'vbm'],
] as const;

const DISCOVERY_TIMEOUT_MS = 3_000;

/** Failures that are the token's own; all others are the issuer's or the network's. */
const tokenFaults = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
] as const;

/**
 * Verifies tokens of one issuer for one audience, against the keys that its discovery document names. Tokens live in
 * real time, whatever clock the rest of the service goes by.
 */
export function createTokenVerifier({
  issuer,
  audience,
}: {
  readonly issuer: string;
  readonly audience: string;
}): TokenVerifier {
  let keys: JWTVerifyGetKey | undefined;
  // Asked only for a token that looks like one, and asked again after a failure.
  const keyFor: JWTVerifyGetKey = async (header, token) => {
    keys ??= createRemoteJWKSet(await keySetAddress(issuer));
    return keys(header, token);
  };
  return {
    async verify(token, expected = {}) {
      const { payload, protectedHeader } = await verified(token, keyFor, { issuer, audience });
      const parsed = claims.safeParse(payload);
      if (!parsed.success) {
        throw new Unauthenticated(
          'The token does not say who you are in a form that Keyward reads: it needs a sub, and at most 200 groups.',
          {},
          { cause: parsed.error },
        );
      }
      const { sub, name, email, groups, amr, nonce } = parsed.data;
      if (nonce !== expected.nonce) {
        throw new Unauthenticated('The token belongs to another sign-in. Sign in again.');
      }
      const isWanted = expected.nonce === undefined ? mayBeAccessToken : mayBeIdToken;
      if (!isWanted(protectedHeader.typ, parsed.data)) {
        throw new Unauthenticated('The token is of another kind. Send the access token of your sign-in.');
      }
      return {
        kind: 'person',
        id: `person:${sub}`,
        name: name ?? sub,
        ...(email === undefined ? {} : { email }),
        groups,
        mfa: provesSecondFactor(amr),
      };
    },
  };
}

/** Said as `mfa`, or by two methods of different kinds: one alone, such as a one-time code, is one factor. */
function provesSecondFactor(methods: readonly string[]): boolean {
  const proved = factors.filter((kind) => kind.some((method) => methods.includes(method)));
  return methods.includes('mfa') || proved.length >= 2;
}

async function verified(
  token: string,
  keyFor: JWTVerifyGetKey,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keyFor, {
      ...expected,
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['exp', 'sub'],
    });
  } catch (error) {
    if (tokenFaults.some((fault) => error instanceof fault)) {
      throw new Unauthenticated('The token is not valid, or no longer. Sign in again.', {}, { cause: error });
    }
    throw new BackendBusy('The keys of the issuer could not be read; try again.', {}, { cause: error });
  }
}

async function keySetAddress(issuer: string): Promise<URL> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The issuer answers discovery with ${response.status}.`);
  const document = discovery.parse(await response.json());
  if (document.issuer !== issuer) throw new Error(`The issuer calls itself ${document.issuer}.`);
  return new URL(document.jwks_uri);
}
