import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { refusedWith } from '../adapters/aws-call.ts';
import { beginAgain } from '../adapters/begin-again.ts';
import { type DiscardDependencies, discardKmsKey } from '../adapters/kms/discard.ts';
import { describeKmsKey, isKept, type KmsKey, listManaged, type TaggedKey } from '../adapters/kms/keys.ts';
import { looks } from '../adapters/kms/looks.ts';
import { getKmsPolicy } from '../adapters/kms/policies.ts';
import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { isBefore, plusDuration } from '../domain/cryptoperiod.ts';
import { BackendStateUnexpected } from '../domain/errors.ts';
import type { VersionRecord } from '../domain/key.ts';
import type { KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { deletionFloorDays } from '../domain/policy-floor.ts';
import { finalRequestStates } from '../domain/request.ts';
import { isSamePolicy } from '../domain/same-policy.ts';
import { hasLived } from '../domain/versions.ts';

export interface OrphanDependencies extends DiscardDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKeyWithVersions'>;
  readonly clock: Clock;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly classes: KeyClasses;
  readonly roles: StepRoles;
}

export interface OrphansFound {
  readonly looked: number;
  readonly discarded: number;
  /** Keys with Keyward's tag that Keyward cannot account for and does not touch. */
  readonly strange: number;
}

/** Within the five minutes that the search has, for a dozen KMS keys at which nothing goes through. */
const OFTEN = { attempts: 8, milliseconds: 100 };

/**
 * Finds the KMS keys that an attempt made and did not live to record, and puts them on their way to deletion.
 *
 * A tag can be put on any key by whoever may tag it, so a tag alone condemns nothing. A KMS key is discarded only when
 * the request that its tags name has ended, no version that ever was active stands on it, and it still carries, to the
 * letter, the policy that Keyward writes at creation. Everything else is reported and left alone.
 *
 * What passes by itself is tried again. A KMS key that cannot be judged all the same keeps no other from its turn. Throws
 * BackendStateUnexpected at the end when there was one, so that the alarm rings.
 */
export async function discardOrphans(deps: OrphanDependencies): Promise<OrphansFound> {
  let looked = 0;
  let failed = 0;
  const counts: Record<Verdict, number> = { 'accounted for': 0, discarded: 0, 'taken back': 0, strange: 0 };
  for await (const tagged of listManaged(deps.tagging)) {
    looked += 1;
    try {
      counts[await beginAgain(async () => () => judge(deps, tagged), { ...OFTEN, pause: deps.pause })] += 1;
    } catch (error) {
      failed += 1;
      log.error('a KMS key could not be judged', {
        code: 'OrphanNotJudged',
        kmsKeyArn: tagged.kmsKeyArn,
        error: error instanceof Error ? error : new Error(String(error)),
      });
    }
  }
  const found = { looked, discarded: counts.discarded, strange: counts.strange };
  if (failed > 0) {
    throw new BackendStateUnexpected(
      `${failed} of ${looked} KMS keys could not be judged: see OrphanNotJudged in the log.`,
      { ...found, failed },
    );
  }
  return found;
}

type Verdict = 'accounted for' | 'discarded' | 'taken back' | 'strange';

async function judge(deps: OrphanDependencies, tagged: TaggedKey): Promise<Verdict> {
  try {
    const verdict = await judgeKept(deps, tagged);
    const { kmsKeyArn } = tagged;
    if (verdict === 'strange') {
      log.error('a KMS key carries Keyward’s tag and is not Keyward’s', { code: 'StrangeKey', kmsKeyArn });
    }
    if (verdict === 'taken back') {
      log.warn('a KMS key that was made in vain was taken out of its deletion', {
        code: 'OrphanKept',
        kmsKeyArn,
      });
    }
    if (verdict === 'discarded') log.warn('orphan discarded', { code: 'OrphanDiscarded', kmsKeyArn });
    return verdict;
  } catch (error) {
    // The tag index knows a KMS key longer than KMS does.
    if (refusedWith(error, 'NotFoundException')) return 'accounted for';
    throw error;
  }
}

/**
 * 1. The request is read before the key's versions: once it has ended, no step of it records a version any more. Read the
 *    other way round, a version that was recorded in between would be missed.
 * 2. A KMS key that a version stands on, and one on its way to deletion, need nothing.
 * 3. A young one is left for later. A step that its machine gave up on may still be at work on it, and what KMS and the
 *    tag index show of it may not have settled; an hour is longer than either takes.
 * 4. An attempt leaves what it made enabled. What is not, or was discarded before, somebody has taken out of its deletion:
 *    they may have known why. That may have been a moment ago: before it is discarded, it is looked at several times.
 * 5. The policy is compared to the letter, but for the deletion window, which is the one that the class asked for when the
 *    policy was written.
 */
async function judgeKept(
  { registry, kms, pause, clock, classes, roles }: OrphanDependencies,
  { kmsKeyArn, keyId, requestId }: TaggedKey,
): Promise<Verdict> {
  if (keyId === undefined || requestId === undefined) return 'strange';
  const request = await registry.getRequest(requestId); // 1
  if (request?.keyId !== keyId) return 'strange';
  if (!finalRequestStates.has(request.state)) return 'accounted for';
  const found = await registry.getKeyWithVersions(keyId);
  if (found === undefined) return 'strange';
  if (hasLived(kmsKeyArn, found.versions)) return 'accounted for'; // 2
  const kmsKey = await describeKmsKey(kms, kmsKeyArn);
  if (!isKept(kmsKey)) return 'accounted for';
  if (isBefore(await clock(), plusDuration(kmsKey.createdAt, YOUNG))) return 'accounted for'; // 3
  if (isTakenBack(kmsKey, found.versions)) return 'taken back'; // 4
  const { key, versions } = found;
  const policy = await getKmsPolicy(kms, kmsKeyArn);
  const floor = deletionFloorDays(policy);
  const wanted = policyFor({ key, classes, roles, protects: true, deletionWindowDays: floor });
  if (!isAllowedWindow(floor) || !isSamePolicy(policy, wanted)) return 'strange'; // 5
  if (!(await isSurelyEnabled({ kms, pause }, kmsKeyArn))) return 'taken back';
  const discarded = await discardKmsKey({ kms, pause }, { kmsKeyArn, key, versions });
  return discarded ? 'discarded' : 'accounted for';
}

async function isSurelyEnabled({ kms, pause }: DiscardDependencies, kmsKeyArn: string): Promise<boolean> {
  for await (const kmsKey of looks(pause, () => describeKmsKey(kms, kmsKeyArn))) {
    if (kmsKey?.keyState !== 'Enabled') return false;
  }
  return true;
}

const YOUNG = 'PT1H';

function isTakenBack({ keyState, kmsKeyArn }: KmsKey, versions: readonly VersionRecord[]): boolean {
  const discarded = versions.some(
    (version) => version.kmsKeyArn === kmsKeyArn && version.state === 'destroyed',
  );
  return discarded || keyState !== 'Enabled';
}

/** What a class may ask for. */
function isAllowedWindow(days: number | undefined): boolean {
  return days !== undefined && days >= 7 && days <= 30;
}
