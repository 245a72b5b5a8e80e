import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { requestStream } from '../adapters/request-stream.ts';
import { slackCopies } from './copies.ts';
import { slack } from './runtime.ts';

export const handler = requestStream(
  slackCopies({
    registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
    clock,
    notifications: bundledPolicies().notifications,
    slack,
    portalUrl: environment('PORTAL_URL'),
  }),
);
