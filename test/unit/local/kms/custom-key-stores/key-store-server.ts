import type { LocalKmsOptions } from '../../../../../local/kms/server.ts';
import { localCloudHsm } from '../../cloudhsm/local-cloudhsm.ts';
import { keyStoreIn, type TestKeyStore } from './key-store-in.ts';

/** A server for one test, with an active cluster of two HSMs, and `kmsuser` in it. */
export async function keyStoreServer(options: LocalKmsOptions = {}): Promise<TestKeyStore> {
  return await keyStoreIn(await localCloudHsm(options));
}
