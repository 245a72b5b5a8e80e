import { step } from '../adapters/step.ts';
import { failInput, failRequest } from './fail-request.ts';
import { runtime } from './runtime.ts';

export const handler = step(failInput, failRequest(runtime));
