import { join } from 'node:path';
import { ulid } from 'ulid';
import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { functionCaller, lambdaClient } from '../adapters/function-call.ts';
import { createSignIn } from '../adapters/oidc-sign-in.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { secretReader, secretsClient } from '../adapters/secret.ts';
import { deciding } from './deciding.ts';
import { readPage } from './portal/page.ts';
import { createPortal } from './portal/portal.ts';
import { createSeal } from './portal/seal.ts';
import { stopKeyThrough } from './stop-key.ts';

const audience = environment('OIDC_AUDIENCE');

export const handler = createPortal({
  ...deciding(),
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  policies: bundledPolicies(),
  clock,
  newId: () => ulid(),
  stopKey: stopKeyThrough(functionCaller(lambdaClient(), environment('EMERGENCY_FUNCTION_NAME'))),
  signIn: createSignIn({
    issuer: environment('OIDC_ISSUER'),
    clientId: audience,
    audience,
    stepUpAcr: process.env.OIDC_STEP_UP_ACR,
  }),
  seal: createSeal(secretReader(secretsClient(), environment('SESSION_SECRET_ARN'))),
  address: environment('PORTAL_URL'),
  page: readPage(join(process.env.LAMBDA_TASK_ROOT ?? import.meta.dirname, 'page')),
});
