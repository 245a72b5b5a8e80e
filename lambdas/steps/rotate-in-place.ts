import type { KMSClient } from '@aws-sdk/client-kms';
import { refusedWith } from '../adapters/aws-call.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import type { Pause } from '../adapters/kms/looks.ts';
import {
  listMaterials,
  ON_DEMAND_ROTATIONS,
  rotateOnDemand,
  rotationRuns,
} from '../adapters/kms/rotation.ts';
import { throughThrottling } from '../adapters/kms/throttling.ts';
import { isBefore, plusDuration } from '../domain/cryptoperiod.ts';
import { BackendStateUnexpected, NotSettled, RotationsExhausted } from '../domain/errors.ts';
import { recordRotationAsk, recordVersion } from '../domain/execution.ts';
import type { VersionRecord } from '../domain/key.ts';
import { isSuperseded, type ListedMaterial } from '../domain/material.ts';
import { unbornVersion } from '../domain/versions.ts';
import { findKmsKey, unlessNew } from './every-kms-key.ts';
import { readHeldWork, type StepDependencies, type StepInput, type Work } from './held-key.ts';

interface RotationDependencies extends StepDependencies {
  readonly kms: KMSClient;
  readonly pause: Pause;
}

/** KMS shows a rotation to everybody within minutes; the machine waits longer than this. */
const SEEN_BY_ALL = 'PT5M';

/**
 * Rotates the material inside the KMS key, once, and waits until KMS shows the new one.
 *
 * 1. A version that this request has recorded is the answer.
 * 2. A rotation that runs is waited for (NotSettled, retried by the machine). Asked first: a rotation that ends after the
 *    material was read and before this would go unseen.
 * 3. What KMS shows as current must agree with what it lists and with the registry, or it is from before a rotation that
 *    an earlier attempt asked for and did not live to record: waited for as well. KMS allows 25 rotations in a key's life.
 * 4. Material that is current in KMS and unknown to the registry was rotated to by such an attempt: adopted, whichever
 *    request asked.
 * 5. Otherwise the rotation is asked for. That is recorded first, and until everybody would have seen it, nobody asks again.
 *
 * Throws RotationsExhausted when KMS allows no more in this key's life, or knows the KMS key no more; the machine then makes
 * a new KMS key instead.
 */
export function rotateInPlace(deps: RotationDependencies) {
  return async (input: StepInput): Promise<{ version: number }> => {
    const work = await readHeldWork(deps, 'rotate-in-place', input);
    const recorded = unbornVersion(work); // 1
    if (recorded !== undefined) return { version: recorded.version };
    const current = work.versions.find(({ version }) => version === work.key.currentVersion);
    if (current === undefined) throw new BackendStateUnexpected('The key has no current version to rotate.');
    try {
      return await rotate(deps, work, current);
    } catch (error) {
      throw unlessNew(error, current, work);
    }
  };
}

async function rotate(
  { kms, registry, pause }: RotationDependencies,
  work: Work,
  current: VersionRecord,
): Promise<{ version: number }> {
  const { kmsKeyId, kmsKeyArn } = current;
  const rotating = new NotSettled(`KMS is rotating ${kmsKeyArn}.`, { kmsKeyId });
  await assertThere(kms, current, work);
  if (await rotationRuns(kms, kmsKeyId)) throw rotating; // 2
  const material = await materialOf(kms, current);
  const listed = await listMaterials(kms, kmsKeyId);
  if (isSuperseded(material, current, listed) || isFormer(material, current, work.versions)) throw rotating; // 3
  if (material !== current.keyMaterialId) {
    // 4
    const version = (work.versions.at(-1)?.version ?? 0) + 1;
    await registry.commit(
      recordVersion({ ...work, version: { version, kmsKeyId, kmsKeyArn, keyMaterialId: material } }),
    );
    return { version };
  }
  const { rotationAskedAt: askedAt } = work.request;
  if (askedAt !== undefined && isBefore(work.now, plusDuration(askedAt, SEEN_BY_ALL))) throw rotating; // 5
  assertSomeLeft(current, listed);
  await registry.commit(recordRotationAsk({ ...work, version: current }));
  await ask({ kms, pause }, current);
  throw rotating;
}

/** Nothing but DescribeKey may be asked of a KMS key that is gone. Throws NotSettled for a new one that is not shown yet. */
async function assertThere(kms: KMSClient, current: VersionRecord, work: Work): Promise<void> {
  const { kmsKeyId, kmsKeyArn } = current;
  if ((await findKmsKey(kms, current, work)) !== undefined) return;
  throw new RotationsExhausted(`KMS knows no key ${kmsKeyArn}: it has no more rotations.`, { kmsKeyId });
}

/** Material of a version that has had its time: KMS never goes back to it. */
function isFormer(material: string, current: VersionRecord, versions: readonly VersionRecord[]): boolean {
  return versions.some(
    ({ version, keyMaterialId, activatedAt }) =>
      keyMaterialId === material && version !== current.version && activatedAt !== undefined,
  );
}

async function materialOf(kms: KMSClient, current: VersionRecord): Promise<string> {
  const found = await describeKmsKey(kms, current.kmsKeyId);
  if (found === undefined) throw new NotSettled(`KMS does not show ${current.kmsKeyArn} just now.`, {});
  if (found.keyMaterialId === undefined) {
    throw new BackendStateUnexpected(`KMS shows no current material of ${current.kmsKeyArn}.`, {
      kmsKeyId: current.kmsKeyId,
    });
  }
  return found.keyMaterialId;
}

function exhausted({ kmsKeyArn, kmsKeyId }: VersionRecord): RotationsExhausted {
  return new RotationsExhausted(`${kmsKeyArn} has used its ${ON_DEMAND_ROTATIONS} on-demand rotations.`, {
    kmsKeyId,
  });
}

function assertSomeLeft(current: VersionRecord, listed: readonly ListedMaterial[]): void {
  if (listed.filter(({ onDemand }) => onDemand).length >= ON_DEMAND_ROTATIONS) throw exhausted(current);
}

async function ask(
  { kms, pause }: Pick<RotationDependencies, 'kms' | 'pause'>,
  current: VersionRecord,
): Promise<void> {
  try {
    await throughThrottling(pause, () => rotateOnDemand(kms, current.kmsKeyId));
  } catch (error) {
    if (refusedWith(error, 'LimitExceededException')) throw exhausted(current);
    if (refusedWith(error, 'ConflictException')) {
      throw new NotSettled(`Another rotation of ${current.kmsKeyArn} is not finished.`, {}, { cause: error });
    }
    throw error;
  }
}
