import { environment } from '../adapters/environment.ts';
import { createTokenVerifier } from '../adapters/oidc.ts';
import { authorize } from './authorizer.ts';

export const handler = authorize(
  createTokenVerifier({ issuer: environment('OIDC_ISSUER'), audience: environment('OIDC_AUDIENCE') }),
);
