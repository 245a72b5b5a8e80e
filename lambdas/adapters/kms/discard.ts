import type { KMSClient } from '@aws-sdk/client-kms';
import { NotSettled } from '../../domain/errors.ts';
import type { KeyRecord, VersionRecord } from '../../domain/key.ts';
import { refusedWith } from '../aws-call.ts';
import { aliasesOf, deleteAlias } from './aliases.ts';
import { scheduleKmsDeletion } from './deletion.ts';
import { findKept } from './kept.ts';
import { describeKmsKey, type KmsKey } from './keys.ts';
import { looks, type Pause } from './looks.ts';

export interface DiscardDependencies {
  readonly kms: KMSClient;
  readonly pause: Pause;
}

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
export async function discardKmsKey(deps: DiscardDependencies, unborn: Unborn): Promise<boolean> {
  const { kms } = deps;
  const found = await findKept(deps, unborn.kmsKeyArn);
  if (found === undefined) return false;
  await freeName(deps, found, unborn);
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
  deps: DiscardDependencies,
  found: KmsKey,
  { key, versions }: Pick<Unborn, 'key' | 'versions'>,
): Promise<void> {
  const { kms } = deps;
  if (!(await leadsTo(deps, key.alias, found))) return;
  if (key.currentVersion === 0) return deleteAlias(kms, key.alias);
  const current = versions.find(({ version }) => version === key.currentVersion);
  // With nothing to put the alias back to, it leads to a dying KMS key either way.
  if (current === undefined || (await findKept(deps, current.kmsKeyId)) === undefined) return;
  throw new NotSettled(`${key.alias} still leads to ${found.kmsKeyArn}, which is to be discarded.`, {
    alias: key.alias,
    kmsKeyId: found.kmsKeyId,
  });
}

/**
 * The name is looked at several times: shown once as nobody's, it would go on leading to a dying KMS key, and shown once as
 * this KMS key's, it would be taken away from whoever has taken it since. A KMS key of Keyward's gets a name only when
 * nobody else's has it: one look that shows another's came later than this KMS key got it.
 */
async function leadsTo(
  { kms, pause }: DiscardDependencies,
  alias: string,
  { kmsKeyId, kmsKeyArn }: KmsKey,
): Promise<boolean> {
  let leads = false;
  for await (const holder of looks(pause, () => holderOf(kms, alias))) {
    if (holder === HIDDEN || (holder !== undefined && holder !== kmsKeyId)) return false;
    leads ||= holder === kmsKeyId;
  }
  if (leads) return true;
  if (!(await aliasesOf(kms, kmsKeyId)).includes(alias)) return false;
  throw new NotSettled(`KMS does not show ${alias}, and lists it as a name of ${kmsKeyArn}.`, { alias });
}

/** The KMS key of somebody else, which Keyward may not describe. */
const HIDDEN = Symbol('hidden');

async function holderOf(kms: KMSClient, alias: string): Promise<string | typeof HIDDEN | undefined> {
  try {
    return (await describeKmsKey(kms, alias))?.kmsKeyId;
  } catch (error) {
    if (refusedWith(error, 'AccessDeniedException')) return HIDDEN;
    throw error;
  }
}
