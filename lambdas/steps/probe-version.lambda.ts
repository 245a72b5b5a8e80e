import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { probeInput, probeVersion } from './probe-version.ts';
import { runtime } from './runtime.ts';

export const handler = step(probeInput, probeVersion({ ...runtime, kms: kmsClient(), pause }));
