import type { KMSClient } from '@aws-sdk/client-kms';
import { scheduleKmsDeletion } from '../adapters/kms/deletion.ts';
import type { Pause } from '../adapters/kms/looks.ts';
import { getKmsPolicy } from '../adapters/kms/policies.ts';
import { BackendStateUnexpected } from '../domain/errors.ts';
import { deletionFloorDays } from '../domain/policy-floor.ts';
import { assertNotProtectingKeyward } from '../domain/protected.ts';
import { live } from '../domain/versions.ts';
import { everyKmsKey } from './every-kms-key.ts';
import { readHeldWork, type StepDependencies, type StepInput } from './held-key.ts';
import { isSurely, settledAs } from './kms-key-state.ts';

/**
 * Schedules the deletion of every KMS key of a key, and reads back the day of the last one. A KMS key that waits
 * already keeps its date: nobody can shorten a window, and a retry must not start it again.
 */
export function scheduleDeletion(
  deps: StepDependencies & {
    readonly kms: KMSClient;
    readonly pause: Pause;
    readonly protectedKeys: readonly string[];
  },
) {
  return async (input: StepInput): Promise<{ deletionDate: string }> => {
    const { kms, protectedKeys } = deps;
    const work = await readHeldWork(deps, 'schedule-deletion', input);
    const { request, key, versions } = work;
    if (request.parameters.operation !== 'destroy') {
      throw new BackendStateUnexpected(`A ${request.parameters.operation} does not destroy a key.`);
    }
    const { windowDays } = request.parameters;
    for (const { kmsKeyArn } of live(versions)) {
      assertNotProtectingKeyward({ kmsKeyArn, alias: key.alias }, protectedKeys);
    }
    const dates: (string | undefined)[] = [];
    await everyKmsKey(deps, work, live(versions), async (version, { keyState }) => {
      if (keyState !== 'PendingDeletion' || !(await isSurely(deps, version, keyState))) {
        const allowed = await shortestWindow(kms, version.kmsKeyId);
        await scheduleKmsDeletion(kms, version.kmsKeyId, Math.max(windowDays, allowed));
      }
      const { deletionDate } = await settledAs(kms, version, 'PendingDeletion');
      dates.push(deletionDate);
    });
    if (dates.length === 0) return { deletionDate: work.now }; // all of it is gone already
    const last = dates
      .filter((date) => date !== undefined)
      .toSorted()
      .at(-1);
    if (last === undefined) throw new BackendStateUnexpected('KMS names no day on which the key is deleted.');
    return { deletionDate: last };
  };
}

/**
 * The shortest window in days that the policy of a KMS key allows: one made when its class wanted a longer one than today
 * goes by its own.
 */
async function shortestWindow(kms: KMSClient, kmsKeyId: string): Promise<number> {
  return deletionFloorDays(await getKmsPolicy(kms, kmsKeyId)) ?? 0;
}
