import type { KMSClient } from '@aws-sdk/client-kms';
import { refusedWith } from '../adapters/aws-call.ts';
import { listGrants, revokeGrant } from '../adapters/kms/grants.ts';
import { disableKmsKey } from '../adapters/kms/keys.ts';
import type { VersionRecord } from '../domain/key.ts';
import { takenOutOfUse } from '../domain/outcome.ts';
import { everyKmsKey } from './every-kms-key.ts';
import {
  distinctKmsKeys,
  forwardFor,
  readHeldWork,
  type StepDependencies,
  type StepInput,
} from './held-key.ts';
import { settledAs } from './kms-key-state.ts';

/**
 * Takes every KMS key of a key out of use. A compromise revokes the grants too, once nothing can be used any more; a
 * suspension leaves them, since a disabled key honours none and a reinstatement could not give them back. To undo a
 * reinstatement that failed half-way it disables what the registry says is disabled.
 */
export function disableKey(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: StepInput): Promise<{ disabled: number[] }> => {
    const { kms } = deps;
    const work = await readHeldWork(
      deps,
      'disable-key',
      input,
      forwardFor('revoke', 'destroy', 'emergency-revoke'),
    );
    const { parameters } = work.request;
    const undoing = parameters.operation === 'reinstate';
    const stopped = takenOutOfUse(work.request, work.versions).filter(
      ({ backendState }) => !undoing || backendState === 'Disabled',
    );
    const disabled: number[] = [];
    await everyKmsKey(deps, work, stopped, async (version, { keyState }) => {
      if (keyState === 'Enabled') {
        await disableKmsKey(kms, version.kmsKeyId);
        disabled.push(version.version);
      }
      if (keyState !== 'PendingDeletion') await settledAs(kms, version, 'Disabled');
    });
    if (parameters.operation === 'revoke' && parameters.mode === 'compromise') {
      await revokeGrants(kms, stopped);
    }
    return { disabled };
  };
}

/** A grant or a whole KMS key that is not there any more has no grant left. */
async function revokeGrants(kms: KMSClient, versions: readonly VersionRecord[]): Promise<void> {
  for (const { kmsKeyId } of distinctKmsKeys(versions)) {
    await unlessGone(async () => {
      for (const { grantId } of await listGrants(kms, kmsKeyId)) {
        await unlessGone(() => revokeGrant(kms, kmsKeyId, grantId));
      }
    });
  }
}

async function unlessGone(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!refusedWith(error, 'NotFoundException', 'InvalidGrantIdException')) throw error;
  }
}
