import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { createSignIn } from '../adapters/oidc-sign-in.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { secretReader, secretsClient } from '../adapters/secret.ts';
import { createPortal } from './portal/portal.ts';
import { createSeal } from './portal/seal.ts';

const audience = environment('OIDC_AUDIENCE');

export const handler = createPortal({
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  access: bundledPolicies().access,
  clock,
  signIn: createSignIn({ issuer: environment('OIDC_ISSUER'), clientId: audience, audience }),
  seal: createSeal(secretReader(secretsClient(), environment('SESSION_SECRET_ARN'))),
  address: environment('PORTAL_URL'),
});
