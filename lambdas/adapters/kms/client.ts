import { KMSClient } from '@aws-sdk/client-kms';
import { timeouts } from '../timeouts.ts';

/**
 * One attempt a call: Keyward's retries live in the state machines, where each step first looks at what an earlier
 * attempt has done. An SDK that repeats CreateKey or RotateKeyOnDemand by itself would act twice.
 */
export function kmsClient(): KMSClient {
  return new KMSClient({
    maxAttempts: 1,
    requestHandler: timeouts,
  });
}
