import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ulid } from 'ulid';
import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { functionCaller, lambdaClient } from '../adapters/function-call.ts';
import { kmsClient } from '../adapters/kms/client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { type Admit, stopKey } from './stop-key.ts';

export const policies = bundledPolicies();

const probe = functionCaller(lambdaClient(), environment('PROBE_FUNCTION_NAME'));

/** Stops keys for whoever is admitted. */
export function stopFor(admit: Admit): ReturnType<typeof stopKey> {
  return stopKey({
    registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
    kms: kmsClient(),
    pause,
    clock,
    classes: policies.classes,
    admit,
    probeRefusal: async (requestId) => void (await probe({ requestId, expect: 'refused' })),
    newId: () => ulid(),
    randomNonce: () => randomBytes(32).toString('hex'),
  });
}
