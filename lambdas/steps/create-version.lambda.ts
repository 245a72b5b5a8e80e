import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { taggingClient } from '../adapters/kms/tagging-client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { step } from '../adapters/step.ts';
import { stepRoles } from '../adapters/step-roles.ts';
import { createVersion } from './create-version.ts';
import { stepInput } from './held-key.ts';
import { runtime } from './runtime.ts';

export const handler = step(
  stepInput,
  createVersion({
    ...runtime,
    kms: kmsClient(),
    pause,
    tagging: taggingClient(),
    classes: bundledPolicies().classes,
    roles: stepRoles(),
  }),
);
