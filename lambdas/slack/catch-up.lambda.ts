import { environment } from '../adapters/environment.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { slackCatchUp } from './catch-up.ts';
import { copiesOfEnvironment } from './copies-of-environment.ts';

const registry = createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') });

export const handler = slackCatchUp({ registry, copies: copiesOfEnvironment(registry) });
