import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { stepInput } from './held-key.ts';
import { protectedKeys } from './protected-keys.ts';
import { runtime } from './runtime.ts';
import { scheduleDeletion } from './schedule-deletion.ts';

export const handler = step(
  stepInput,
  scheduleDeletion({ ...runtime, kms: kmsClient(), pause, protectedKeys: protectedKeys() }),
);
