import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey, type KmsKey } from '../adapters/kms/keys.ts';
import { looks, type Pause } from '../adapters/kms/looks.ts';
import { NotSettled } from '../domain/errors.ts';
import type { BackendState, VersionRecord } from '../domain/key.ts';

/** KMS may show a change and then, for a moment, the state from before. */
export const CONSECUTIVE_READS = 3;

/**
 * Whether a KMS key surely is as it was shown first. Whoever leaves a KMS key alone on the word of one look may leave it to
 * its deletion, or in use. False when a later look shows otherwise.
 */
export async function isSurely(
  { kms, pause }: { readonly kms: KMSClient; readonly pause: Pause },
  version: VersionRecord,
  shown: string,
): Promise<boolean> {
  for await (const found of looks(pause, () => describeKmsKey(kms, version.kmsKeyId))) {
    if (found?.keyState !== shown) return false;
  }
  return true;
}

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
