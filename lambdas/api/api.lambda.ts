import { createApi } from './api.ts';
import { runtime } from './runtime.ts';

export const handler = createApi(runtime);
