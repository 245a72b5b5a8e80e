import { kmsClient } from '../adapters/kms/client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { step } from '../adapters/step.ts';
import { stepRoles } from '../adapters/step-roles.ts';
import { restrictInput, restrictVersions } from './restrict-version.ts';
import { runtime } from './runtime.ts';

export const handler = step(
  restrictInput,
  restrictVersions({ ...runtime, kms: kmsClient(), classes: bundledPolicies().classes, roles: stepRoles() }),
);
