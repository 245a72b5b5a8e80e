import type { Context } from 'aws-lambda';
import { ulid } from 'ulid';
import { clock } from '#clock';
import { emergencyRinger, topicOfEnvironment } from '../adapters/alert-topic.ts';
import { environment } from '../adapters/environment.ts';
import { createExecutions, machinesOfEnvironment, sfnClient } from '../adapters/executions.ts';
import { kmsClient } from '../adapters/kms/client.ts';
import { publishNotTended, publishOldestWaiting } from '../adapters/metrics.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { tendKey } from './due-key.ts';
import { tendRequest } from './due-request.ts';
import { type Swept, sweep } from './sweep.ts';

const registry = createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') });

const tend = {
  key: tendKey({
    registry,
    kms: kmsClient(),
    classes: bundledPolicies().classes,
    newRequestId: () => `req_${ulid()}`,
    ring: emergencyRinger(topicOfEnvironment()),
  }),
  request: tendRequest({ registry, executions: createExecutions(sfnClient(), machinesOfEnvironment()) }),
};

export const handler = (_event: unknown, context: Context): Promise<Swept> =>
  sweep({
    registry,
    clock,
    tend,
    publishOldestWaiting,
    publishNotTended,
    millisecondsLeft: () => context.getRemainingTimeInMillis(),
  });
