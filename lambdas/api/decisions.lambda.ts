import { deciding } from '../approvals/deciding.ts';
import { createDecisions } from './decisions.ts';
import { runtime } from './runtime.ts';

export const handler = createDecisions({ ...runtime, ...deciding() });
