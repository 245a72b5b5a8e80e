import { bundledPolicies } from '../adapters/policy-files.ts';
import { step } from '../adapters/step.ts';
import { begin } from './begin-execution.ts';
import { stepInput } from './held-key.ts';
import { runtime } from './runtime.ts';

export const handler = step(stepInput, begin({ ...runtime, classes: bundledPolicies().classes }));
