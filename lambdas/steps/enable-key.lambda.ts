import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { enableKey } from './enable-key.ts';
import { stepInput } from './held-key.ts';
import { runtime } from './runtime.ts';

export const handler = step(stepInput, enableKey({ ...runtime, kms: kmsClient() }));
