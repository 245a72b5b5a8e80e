import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { discardVersion } from './discard-version.ts';
import { stepInput } from './held-key.ts';
import { runtime } from './runtime.ts';

export const handler = step(stepInput, discardVersion({ ...runtime, kms: kmsClient(), pause }));
