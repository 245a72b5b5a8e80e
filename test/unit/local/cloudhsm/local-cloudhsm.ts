import type { LocalKmsOptions } from '../../../../local/kms/server.ts';
import { localKms } from '../kms/local-kms.ts';
import { cloudHsmOf, type TestCloudHsm } from './cloudhsm-of.ts';

/** A server for one test. */
export async function localCloudHsm(options: LocalKmsOptions = {}): Promise<TestCloudHsm> {
  return cloudHsmOf(await localKms(options));
}
