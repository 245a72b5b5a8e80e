import type { KMSClient } from '@aws-sdk/client-kms';
import { refusedWith } from '../adapters/aws-call.ts';
import { describeKmsKey, type KmsKey } from '../adapters/kms/keys.ts';
import { isBefore, plusDuration } from '../domain/cryptoperiod.ts';
import { isTransient, NotSettled, StateForbids } from '../domain/errors.ts';
import { recordLoss } from '../domain/interruption.ts';
import type { VersionRecord } from '../domain/key.ts';
import { distinctKmsKeys, live } from '../domain/versions.ts';
import type { StepDependencies, Work } from './held-key.ts';
import { CONSECUTIVE_READS } from './kms-key-state.ts';

/** KMS shows a new key, and what hangs on its tags, late to some callers: only an older one that it does not know is gone. */
const SHOWN_TO_ALL = 'PT1H';
/** A key can have 90 KMS keys, and a step has half a minute. */
const AT_ONCE = 10;

/**
 * Does the same to every KMS key of some versions: the current version's first, then the others, some at a time.
 *
 * - Each is looked at before anything else is asked of it: DescribeKey alone is allowed of a KMS key that is gone.
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
  const turn = async (version: VersionRecord): Promise<void> => {
    try {
      const kmsKey = await findKmsKey(deps.kms, version, work);
      if (kmsKey === undefined) gone.add(version.kmsKeyId);
      else await act(version, kmsKey);
    } catch (error) {
      failures.push(unlessStale(error, version, work));
    }
  };
  const [first, ...others] = currentFirst(work, distinctKmsKeys(versions));
  if (first !== undefined) await turn(first);
  for (let next = 0; next < others.length; next += AT_ONCE) {
    await Promise.all(others.slice(next, next + AT_ONCE).map(turn));
  }
  const lost = versions.filter(({ kmsKeyId }) => gone.has(kmsKeyId));
  if (lost.length > 0) await deps.registry.commit(recordLoss({ ...work, lost }));
  if (failures.length > 0) throw failures.find(isTransient) ?? failures[0];
}

/**
 * Before KMS keys are saved or put back: throws StateForbids when none is left. Nothing is recorded then; what the key is
 * now is for those to say who watch its deletion.
 */
export async function assertSomeLeft(kms: KMSClient, work: Work): Promise<void> {
  for (const version of distinctKmsKeys(live(work.versions))) {
    if ((await findKmsKey(kms, version, work)) !== undefined) return;
  }
  throw new StateForbids('KMS has deleted every KMS key of this key: nothing is left of it.', {
    keyState: work.key.state,
  });
}

function currentFirst(work: Work, versions: readonly VersionRecord[]): VersionRecord[] {
  const current = work.versions.find(({ version }) => version === work.key.currentVersion);
  return versions.toSorted(
    (a, b) => Number(b.kmsKeyId === current?.kmsKeyId) - Number(a.kmsKeyId === current?.kmsKeyId),
  );
}

/** Throws NotSettled when KMS does not know a KMS key that it may not show to everybody yet. */
export async function findKmsKey(
  kms: KMSClient,
  version: VersionRecord,
  work: Work,
): Promise<KmsKey | undefined> {
  for (let read = 0; read < CONSECUTIVE_READS; read += 1) {
    const found = await describeKmsKey(kms, version.kmsKeyId);
    if (found !== undefined) return found;
  }
  if (isNew(version, work)) {
    throw new NotSettled(`KMS does not show ${version.kmsKeyArn} (version ${version.version}) yet.`, {
      kmsKeyId: version.kmsKeyId,
    });
  }
  return undefined;
}

/** A step does what suits the state that it was shown: when KMS refuses it for its state, that was not the state. */
function unlessStale(error: unknown, version: VersionRecord, work: Work): unknown {
  return refusedWith(error, 'KMSInvalidStateException')
    ? new NotSettled(`KMS shows ${version.kmsKeyArn} otherwise than it is.`, {}, { cause: error })
    : unlessNew(error, version, work);
}

/** A refusal for want of permission is believed of a KMS key whose tags have had their time; NotSettled before. */
export function unlessNew(error: unknown, version: VersionRecord, work: Work): unknown {
  return refusedWith(error, 'AccessDeniedException') && isNew(version, work)
    ? new NotSettled(`KMS does not let ${version.kmsKeyArn} be worked on yet.`, {}, { cause: error })
    : error;
}

/** By the first of the versions that share the KMS key. */
function isNew({ kmsKeyId }: VersionRecord, { now, versions }: Work): boolean {
  const first = versions.find((version) => version.kmsKeyId === kmsKeyId);
  return first === undefined || isBefore(now, plusDuration(first.createdAt, SHOWN_TO_ALL));
}
