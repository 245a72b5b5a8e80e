import type { KMSClient } from '@aws-sdk/client-kms';
import { NotSettled } from '../../domain/errors.ts';
import type { KeyRecord, VersionRecord } from '../../domain/key.ts';
import { refusedWith } from '../aws-call.ts';
import { aliasesOf, deleteAlias } from './aliases.ts';
import { scheduleKmsDeletion } from './deletion.ts';
import { describeKmsKey, isKept, type KmsKey } from './keys.ts';

/** A KMS key that was made for a key and never came to life as a version of it. */
export interface Unborn {
  readonly kmsKeyArn: string;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
}

/**
 * The longest window that KMS has. No key policy asks for more, whatever the class asked for when it was written; waiting
 * costs nothing; and should anybody have used the KMS key after all, it is the most time to take it back.
 */
const WINDOW_DAYS = 30;

/**
 * Puts a KMS key on its way to deletion that never came to life, and gives back the name of a key that never lived.
 * Returns false when there is nothing left to do. Throws NotSettled while KMS does not say clearly what the name leads to,
 * or still shows it leading to this KMS key although the key lives: nothing is deleted then.
 */
export async function discardKmsKey(kms: KMSClient, unborn: Unborn): Promise<boolean> {
  const found = await describeKmsKey(kms, unborn.kmsKeyArn);
  if (!isKept(found)) return false;
  await freeName(kms, found, unborn);
  try {
    await scheduleKmsDeletion(kms, found.kmsKeyId, WINDOW_DAYS);
  } catch (error) {
    if (!refusedWith(error, 'KMSInvalidStateException')) throw error;
    // An attempt whose answer was lost has scheduled it, and KMS has shown it as it was before.
    throw new NotSettled(
      `KMS shows ${found.kmsKeyArn} as ${found.keyState} and does not take its deletion.`,
      { kmsKeyId: found.kmsKeyId },
      { cause: error },
    );
  }
  return true;
}

/**
 * No name leads to a dying KMS key. The only name that Keyward gives is the key's own alias; others are whoever's who
 * gave them, and KMS drops them with the KMS key.
 *
 * A living key keeps its alias in any case: consumers find it by that, and putting it back is another step's work. It is
 * looked up by the name itself, for the list of a KMS key's names may be from before the alias was moved.
 */
export async function freeName(
  kms: KMSClient,
  found: KmsKey,
  { key, versions }: Pick<Unborn, 'key' | 'versions'>,
): Promise<void> {
  if (!(await leadsTo(kms, key.alias, found))) return;
  if (key.currentVersion === 0) return deleteAlias(kms, key.alias);
  const current = versions.find(({ version }) => version === key.currentVersion);
  // With nothing to put the alias back to, it leads to a dying KMS key either way.
  if (current === undefined || !isKept(await describeKmsKey(kms, current.kmsKeyId))) return;
  throw new NotSettled(`${key.alias} still leads to ${found.kmsKeyArn}, which is to be discarded.`, {
    alias: key.alias,
    kmsKeyId: found.kmsKeyId,
  });
}

async function leadsTo(kms: KMSClient, alias: string, { kmsKeyId, kmsKeyArn }: KmsKey): Promise<boolean> {
  try {
    const holder = await describeKmsKey(kms, alias);
    if (holder !== undefined) return holder.kmsKeyId === kmsKeyId;
  } catch (error) {
    // Whose KMS key may not be described is not Keyward's.
    if (refusedWith(error, 'AccessDeniedException')) return false;
    throw error;
  }
  if (!(await aliasesOf(kms, kmsKeyId)).includes(alias)) return false;
  throw new NotSettled(`KMS does not show ${alias}, and lists it as a name of ${kmsKeyArn}.`, { alias });
}
