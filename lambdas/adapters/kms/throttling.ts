import { BackendBusy } from '../../domain/errors.ts';
import type { Pause } from './looks.ts';

/** Longer than the time in which KMS has room for five calls more. */
const BETWEEN_CALLS_MILLISECONDS = 1_000;
const CALLS = 8;

/**
 * Makes a call until KMS has room for it. A throttled call has had no effect, so that it is never done twice; what fails
 * otherwise may have been. Throws BackendBusy when there is no room for seconds.
 */
export async function throughThrottling<T>(pause: Pause, call: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isThrottled(error) || made === CALLS) throw error;
      await pause(BETWEEN_CALLS_MILLISECONDS);
    }
  }
}

function isThrottled(error: unknown): boolean {
  return error instanceof BackendBusy && error.details.awsCode === 'ThrottlingException';
}
