import * as z from 'zod';
import type { Clock } from '../../lambdas/domain/clock.ts';

const TIMEOUT_MILLISECONDS = 2_000;
const answerSchema = z.object({ now: z.iso.datetime() });

/**
 * The clock of a Lambda on the local stage: it asks the local server, so that one call moves time for the
 * local KMS and for every handler alike. Takes the place of `lambdas/adapters/system-clock.ts`.
 *
 * Throws when `KEYWARD_LOCAL_CLOCK_URL` is missing, or when the server does not answer within 2 s.
 */
export const clock: Clock = async () => {
  const url = process.env.KEYWARD_LOCAL_CLOCK_URL;
  if (url === undefined || url === '') {
    throw new Error(
      'KEYWARD_LOCAL_CLOCK_URL is not set. Set it to the full URL of /_local/clock on the local KMS server.',
    );
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
  if (!response.ok) {
    throw new Error(
      `The local clock at ${url} answered ${response.status}. Is the local KMS server running?`,
    );
  }
  return answerSchema.parse(await response.json()).now;
};
