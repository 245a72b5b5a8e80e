import type { KMSClient } from '@aws-sdk/client-kms';
import { cancelKmsDeletion } from '../adapters/kms/deletion.ts';
import type { Pause } from '../adapters/kms/looks.ts';
import { live } from '../domain/versions.ts';
import { assertSomeLeft, everyKmsKey } from './every-kms-key.ts';
import { forwardFor, readHeldWork, type StepDependencies, type StepInput } from './held-key.ts';
import { isSurely, settledAs } from './kms-key-state.ts';

/**
 * Takes every KMS key of a key out of its deletion window. KMS leaves them Disabled; whether they work again is the
 * next step's. Throws StateForbids when KMS has deleted all of them. To undo a destruction that failed half-way it takes
 * back only what the registry does not say is going.
 */
export function cancelDeletion(deps: StepDependencies & { readonly kms: KMSClient; readonly pause: Pause }) {
  return async (input: StepInput): Promise<{ cancelled: number[] }> => {
    const { kms } = deps;
    const work = await readHeldWork(deps, 'cancel-deletion', input, forwardFor('cancel-destruction'));
    const asked = work.request.parameters.operation === 'cancel-destruction';
    const taken = live(work.versions).filter(
      ({ backendState }) => asked || backendState !== 'PendingDeletion',
    );
    if (asked) await assertSomeLeft(kms, work);
    const cancelled: number[] = [];
    await everyKmsKey(deps, work, taken, async (version, { keyState }) => {
      if (keyState !== 'PendingDeletion' && (await isSurely(deps, version, keyState))) return;
      await cancelKmsDeletion(kms, version.kmsKeyId);
      await settledAs(kms, version, 'Disabled');
      cancelled.push(version.version);
    });
    return { cancelled };
  };
}
