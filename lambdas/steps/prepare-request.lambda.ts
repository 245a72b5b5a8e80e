import { kmsClient } from '../adapters/kms/client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { step } from '../adapters/step.ts';
import { prepareInput, prepareRequest } from './prepare-request.ts';
import { runtime } from './runtime.ts';

export const handler = step(
  prepareInput,
  prepareRequest({ ...runtime, kms: kmsClient(), classes: bundledPolicies().classes }),
);
