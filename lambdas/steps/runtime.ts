import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';

/** What every step runs on. Clients and policies that only some need are made where they are needed. */
export const runtime = {
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  clock,
};
