import * as z from 'zod';
import { environment } from '../adapters/environment.ts';

/** ARNs of the KMS keys that protect Keyward itself, as a JSON list: no step touches those. */
export function protectedKeys(): string[] {
  return z.array(z.string()).parse(JSON.parse(environment('PROTECTED_KEY_ARNS')));
}
