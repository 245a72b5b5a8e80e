import * as z from 'zod';
import { matchesArn } from '../authorization/wildcards.ts';
import type { Principal } from '../principal.ts';

/**
 * Whom an imperfection meets: ARNs of principals, in which `*` is any text; everybody, when left out. Who is not among
 * them finds the server at its best, as a test does that only looks.
 */
export const affectedCallers = z.array(z.string().startsWith('arn:')).min(1).optional();

export function isAffected({ arn }: Principal, callers: z.output<typeof affectedCallers>): boolean {
  return callers?.some((pattern) => matchesArn(arn, pattern)) ?? true;
}
