import type { KMSClient } from '@aws-sdk/client-kms';
import { describeKmsKey, type KmsKey } from '../adapters/kms/keys.ts';
import { isBefore, plusDuration } from '../domain/cryptoperiod.ts';
import { KeywardError, NotSettled } from '../domain/errors.ts';
import { recordLoss } from '../domain/interruption.ts';
import type { VersionRecord } from '../domain/key.ts';
import { distinctKmsKeys, type StepDependencies, type Work } from './held-key.ts';

/** KMS shows a new key late to some callers: only an older one that it does not know is gone. */
const SHOWN_TO_ALL = 'PT1H';
const CONSECUTIVE_READS = 3;

/**
 * Does the same to every KMS key of some versions, the current version's first.
 *
 * - A KMS key at which it fails keeps no other from its turn. What failed is thrown at the end, so that the machine tries
 *   again; what may pass by itself before what may not.
 * - A KMS key that KMS knows no more is passed over and its versions are recorded as lost: nothing is left to do to it,
 *   and it must not stand in the way of stopping or saving the others.
 */
export async function everyKmsKey(
  deps: Pick<StepDependencies, 'registry'> & { readonly kms: KMSClient },
  work: Work,
  versions: readonly VersionRecord[],
  act: (version: VersionRecord, kmsKey: KmsKey) => Promise<void>,
): Promise<void> {
  const gone = new Set<string>();
  const failures: unknown[] = [];
  for (const version of currentFirst(work, distinctKmsKeys(versions))) {
    try {
      const kmsKey = await findKmsKey(deps.kms, version, work.now);
      if (kmsKey === undefined) gone.add(version.kmsKeyId);
      else await act(version, kmsKey);
    } catch (error) {
      failures.push(error);
    }
  }
  if (gone.size > 0) {
    const lost = versions.filter(({ kmsKeyId }) => gone.has(kmsKeyId));
    await deps.registry.commit(recordLoss({ ...work, lost }));
  }
  if (failures.length > 0) throw failures.find(mayPass) ?? failures[0];
}

function currentFirst(work: Work, versions: readonly VersionRecord[]): VersionRecord[] {
  const current = work.versions.find(({ version }) => version === work.key.currentVersion);
  return versions.toSorted(
    (a, b) => Number(b.kmsKeyId === current?.kmsKeyId) - Number(a.kmsKeyId === current?.kmsKeyId),
  );
}

/** Throws NotSettled when KMS does not know a KMS key that it may not show to everybody yet. */
async function findKmsKey(kms: KMSClient, version: VersionRecord, now: string): Promise<KmsKey | undefined> {
  for (let read = 0; read < CONSECUTIVE_READS; read += 1) {
    const found = await describeKmsKey(kms, version.kmsKeyId);
    if (found !== undefined) return found;
  }
  if (isBefore(now, plusDuration(version.createdAt, SHOWN_TO_ALL))) {
    throw new NotSettled(`KMS does not show ${version.kmsKeyArn} (version ${version.version}) yet.`, {
      kmsKeyId: version.kmsKeyId,
    });
  }
  return undefined;
}

function mayPass(error: unknown): boolean {
  return error instanceof KeywardError && error.kind === 'transient';
}
