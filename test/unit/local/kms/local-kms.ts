import { onTestFinished } from 'vitest';
import type { LocalKmsOptions } from '../../../../local/kms/server.ts';
import { startedKms, type TestKms } from './started-kms.ts';

export { ACCOUNT, identityPolicy, keyPolicy, ROOT, startedKms, type TestKms } from './started-kms.ts';

/** A server for one test. */
export async function localKms(options: LocalKmsOptions = {}): Promise<TestKms> {
  const kms = await startedKms(options);
  onTestFinished(() => kms.close());
  return kms;
}
