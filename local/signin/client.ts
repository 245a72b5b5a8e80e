/** The one client of the local issuer: public, code flow with PKCE. */
export const client = {
  id: 'keyward',
  /** The `aud` of its access tokens. */
  audience: 'keyward',
  scope: 'openid profile email groups',
} as const;

/** An address of the issuer's own that the client may always use, for signing in without a browser. */
export const ownRedirect = (issuer: string): string => `${issuer}/signed-in`;
