import type { KMSClient } from '@aws-sdk/client-kms';
import { scheduleKmsDeletion } from '../adapters/kms/deletion.ts';
import { BackendStateUnexpected } from '../domain/errors.ts';
import { live } from '../domain/outcome.ts';
import { assertNotProtectingKeyward } from '../domain/protected.ts';
import { distinctKmsKeys, readHeldWork, type StepDependencies, type StepInput } from './held-key.ts';
import { kmsKeyOf, settledAs } from './kms-key-state.ts';

/**
 * Schedules the deletion of every KMS key of a key, and reads back the day of the last one. A KMS key that waits
 * already keeps its date: nobody can shorten a window, and a retry must not start it again.
 */
export function scheduleDeletion(
  deps: StepDependencies & { readonly kms: KMSClient; readonly protectedKeys: readonly string[] },
) {
  return async (input: StepInput): Promise<{ deletionDate: string }> => {
    const { kms, protectedKeys } = deps;
    const { request, key, versions } = await readHeldWork(deps, 'schedule-deletion', input);
    if (request.parameters.operation !== 'destroy') {
      throw new BackendStateUnexpected(`A ${request.parameters.operation} does not destroy a key.`);
    }
    const { windowDays } = request.parameters;
    const dates: string[] = [];
    for (const version of distinctKmsKeys(live(versions))) {
      assertNotProtectingKeyward({ kmsKeyArn: version.kmsKeyArn, alias: key.alias }, protectedKeys);
      const { keyState } = await kmsKeyOf(kms, version);
      if (keyState !== 'PendingDeletion') await scheduleKmsDeletion(kms, version.kmsKeyId, windowDays);
      const { deletionDate } = await settledAs(kms, version, 'PendingDeletion');
      if (deletionDate !== undefined) dates.push(deletionDate);
    }
    const last = dates.toSorted().at(-1);
    if (last === undefined) throw new BackendStateUnexpected('KMS names no day on which the key is deleted.');
    return { deletionDate: last };
  };
}
