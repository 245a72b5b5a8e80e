import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { stepInput } from './held-key.ts';
import { rotateInPlace } from './rotate-in-place.ts';
import { runtime } from './runtime.ts';

export const handler = step(stepInput, rotateInPlace({ ...runtime, kms: kmsClient(), pause }));
