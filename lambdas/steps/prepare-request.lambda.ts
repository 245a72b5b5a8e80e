import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { stepInput } from './held-key.ts';
import { prepareRequest } from './prepare-request.ts';
import { runtime } from './runtime.ts';

export const handler = step(stepInput, prepareRequest({ ...runtime, kms: kmsClient() }));
