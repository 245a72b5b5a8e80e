import * as z from 'zod';
import { log } from '../adapters/log.ts';
import { InvalidInput, KeywardError } from '../domain/errors.ts';
import type { AlertDependencies } from './dependencies.ts';
import { type Examination, examineRecord } from './examine-record.ts';

/** AWS closes `aws.*` to everybody else, so the local AWS sends its records under a source of its own. */
const busEvent = z.looseObject({
  source: z.enum(['aws.kms', 'keyward.local.cloudtrail']),
  detail: z.unknown(),
});

/**
 * The first channel: CloudTrail's records of KMS over EventBridge, within seconds and at least once, but not surely.
 * A failure is thrown on, for Lambda to repeat the event and then to keep it in the dead-letter queue.
 */
export function detectTampering(deps: AlertDependencies) {
  return async (event: unknown): Promise<Examination> => {
    try {
      const parsed = busEvent.safeParse(event);
      if (!parsed.success) {
        throw new InvalidInput('This is no CloudTrail event of KMS. Check the pattern of the rule.', {
          issues: parsed.error.issues,
        });
      }
      return await examineRecord(deps, parsed.data.detail, 'bus');
    } catch (error) {
      log.error('an event could not be examined', {
        code: error instanceof KeywardError ? error.code : 'Unexpected',
        error: error instanceof Error ? error : undefined,
      });
      throw error;
    }
  };
}
