import type * as z from 'zod';
import { invalidRequest } from './errors.ts';
import type { retentionPolicy } from './fields.ts';

const SHORTEST_DAYS = 7;
const LONGEST_DAYS = 379;

/** The days of a policy. Throws CloudHsmInvalidRequestException for fewer or more than there can be. */
export function retentionDays(policy: z.infer<typeof retentionPolicy> | undefined): number | undefined {
  if (policy === undefined) return undefined;
  const days = Number(policy.Value);
  if (days < SHORTEST_DAYS || days > LONGEST_DAYS) {
    throw invalidRequest(`The backup retention must be between ${SHORTEST_DAYS} and ${LONGEST_DAYS} days.`);
  }
  return days;
}
