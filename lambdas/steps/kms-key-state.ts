import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey, type KmsKey } from '../adapters/kms/keys.ts';
import { NotSettled } from '../domain/errors.ts';
import type { BackendState, VersionRecord } from '../domain/key.ts';

/** KMS may show a change and then, for a moment, the state from before. */
const CONSECUTIVE_READS = 3;

/** The KMS key, once several reads in a row show it in a state. Throws NotSettled, for the machine to ask again. */
export async function settledAs(
  kms: KMSClient,
  version: VersionRecord,
  state: BackendState,
): Promise<KmsKey> {
  let found = await describeKmsKey(kms, version.kmsKeyId);
  for (let read = 1; found?.keyState === state && read < CONSECUTIVE_READS; read += 1) {
    found = await describeKmsKey(kms, version.kmsKeyId);
  }
  if (found?.keyState !== state) {
    throw new NotSettled(
      `KMS shows ${version.kmsKeyArn} as ${found?.keyState ?? 'unknown'}, not yet ${state}.`,
      { kmsKeyId: version.kmsKeyId },
    );
  }
  return found;
}
