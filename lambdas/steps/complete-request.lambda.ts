import { bundledPolicies } from '../adapters/policy-files.ts';
import { step } from '../adapters/step.ts';
import { completeInput, completeRequest } from './complete-request.ts';
import { runtime } from './runtime.ts';

export const handler = step(
  completeInput,
  completeRequest({ ...runtime, classes: bundledPolicies().classes }),
);
