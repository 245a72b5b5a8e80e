import { detectTampering } from './detect-tampering.ts';
import { runtime } from './runtime.ts';

export const handler = detectTampering(runtime);
