import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey, isKept, type KmsKey } from './keys.ts';
import { looks, type Pause } from './looks.ts';

/**
 * The KMS key, when one look of several shows that KMS has it and will go on having it: a new one, or one that was taken out
 * of its deletion, may not be shown so at every look.
 */
export async function findKept(
  { kms, pause }: { readonly kms: KMSClient; readonly pause: Pause },
  kmsKeyId: string,
): Promise<KmsKey | undefined> {
  for await (const found of looks(pause, () => describeKmsKey(kms, kmsKeyId))) {
    if (isKept(found)) return found;
  }
  return undefined;
}
