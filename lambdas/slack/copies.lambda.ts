import { environment } from '../adapters/environment.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { requestStream } from '../adapters/request-stream.ts';
import { copiesOfEnvironment } from './copies-of-environment.ts';

export const handler = requestStream(
  copiesOfEnvironment(createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') })),
);
