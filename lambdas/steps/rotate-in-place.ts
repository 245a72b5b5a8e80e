import type { KMSClient } from '@aws-sdk/client-kms';
import { refusedWith } from '../adapters/aws-call.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import {
  countOnDemandRotations,
  ON_DEMAND_ROTATIONS,
  rotateOnDemand,
  rotationRuns,
} from '../adapters/kms/rotation.ts';
import { BackendStateUnexpected, NotSettled, RotationsExhausted } from '../domain/errors.ts';
import { recordVersion } from '../domain/execution.ts';
import type { VersionRecord } from '../domain/key.ts';
import { readHeldWork, type StepDependencies, type StepInput, unbornVersion } from './held-key.ts';

/**
 * Rotates the material inside the KMS key, once, and waits until KMS shows the new one.
 *
 * 1. A version that this request has recorded is the answer.
 * 2. Material that is current in KMS and unknown to the registry was rotated to by an attempt that did not live to
 *    record it: adopted, whichever request asked.
 * 3. A rotation that runs is waited for (NotSettled, retried by the machine).
 * 4. Otherwise the rotation is asked for. Throws RotationsExhausted when KMS allows no more in this key's life; the
 *    machine then makes a new KMS key instead.
 */
export function rotateInPlace(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: StepInput): Promise<{ version: number }> => {
    const { kms, registry } = deps;
    const work = await readHeldWork(deps, 'rotate-in-place', input);
    const recorded = unbornVersion(work); // 1
    if (recorded !== undefined) return { version: recorded.version };
    const current = work.versions.find(({ version }) => version === work.key.currentVersion);
    if (current === undefined) throw new BackendStateUnexpected('The key has no current version to rotate.');
    const material = await materialOf(kms, current);
    if (material !== current.keyMaterialId) {
      // 2
      const version = (work.versions.at(-1)?.version ?? 0) + 1;
      const { kmsKeyId, kmsKeyArn } = current;
      await registry.commit(
        recordVersion({ ...work, version: { version, kmsKeyId, kmsKeyArn, keyMaterialId: material } }),
      );
      return { version };
    }
    if (!(await rotationRuns(kms, current.kmsKeyId))) await ask(kms, current); // 3, 4
    throw new NotSettled(`KMS is rotating ${current.kmsKeyArn}.`, { kmsKeyId: current.kmsKeyId });
  };
}

async function materialOf(kms: KMSClient, current: VersionRecord): Promise<string> {
  const found = await describeKmsKey(kms, current.kmsKeyId);
  if (found?.keyMaterialId === undefined) {
    throw new BackendStateUnexpected(`KMS shows no current material of ${current.kmsKeyArn}.`, {
      kmsKeyId: current.kmsKeyId,
    });
  }
  return found.keyMaterialId;
}

async function ask(kms: KMSClient, current: VersionRecord): Promise<void> {
  const exhausted = new RotationsExhausted(
    `${current.kmsKeyArn} has used its ${ON_DEMAND_ROTATIONS} on-demand rotations.`,
    { kmsKeyId: current.kmsKeyId },
  );
  if ((await countOnDemandRotations(kms, current.kmsKeyId)) >= ON_DEMAND_ROTATIONS) throw exhausted;
  try {
    await rotateOnDemand(kms, current.kmsKeyId);
  } catch (error) {
    if (refusedWith(error, 'LimitExceededException')) throw exhausted;
    if (refusedWith(error, 'ConflictException')) {
      throw new NotSettled(`Another rotation of ${current.kmsKeyArn} is not finished.`, {}, { cause: error });
    }
    throw error;
  }
}
