import { environment } from '../adapters/environment.ts';
import { createExecutions, machinesOfEnvironment, sfnClient } from '../adapters/executions.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { requestStream } from '../adapters/request-stream.ts';
import { dispatch } from './dispatch.ts';

export const handler = requestStream(
  dispatch({
    registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
    executions: createExecutions(sfnClient(), machinesOfEnvironment()),
  }),
);
