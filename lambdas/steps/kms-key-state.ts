import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey, type KmsKey } from '../adapters/kms/keys.ts';
import { BackendStateUnexpected, NotSettled } from '../domain/errors.ts';
import type { BackendState, VersionRecord } from '../domain/key.ts';

/** KMS may show a change and then, for a moment, the state from before. */
const CONSECUTIVE_READS = 3;

/** The KMS key of a version. Throws BackendStateUnexpected when KMS knows it no more: nothing can be done to it. */
export async function kmsKeyOf(kms: KMSClient, version: VersionRecord): Promise<KmsKey> {
  const found = await describeKmsKey(kms, version.kmsKeyId);
  if (found === undefined) {
    throw new BackendStateUnexpected(`KMS knows no key ${version.kmsKeyArn} (version ${version.version}).`, {
      kmsKeyId: version.kmsKeyId,
    });
  }
  return found;
}

/** The KMS key, once several reads in a row show it in a state. Throws NotSettled, for the machine to ask again. */
export async function settledAs(
  kms: KMSClient,
  version: VersionRecord,
  state: BackendState,
): Promise<KmsKey> {
  let found = await kmsKeyOf(kms, version);
  for (let read = 1; found.keyState === state && read < CONSECUTIVE_READS; read += 1) {
    found = await kmsKeyOf(kms, version);
  }
  if (found.keyState !== state) {
    throw new NotSettled(`KMS shows ${version.kmsKeyArn} as ${found.keyState}, not yet ${state}.`, {
      kmsKeyId: version.kmsKeyId,
    });
  }
  return found;
}
