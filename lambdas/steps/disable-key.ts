import type { KMSClient } from '@aws-sdk/client-kms';
import { refusedWith } from '../adapters/aws-call.ts';
import { listGrants, revokeGrant } from '../adapters/kms/grants.ts';
import { disableKmsKey } from '../adapters/kms/keys.ts';
import type { Pause } from '../adapters/kms/looks.ts';
import { throughThrottling } from '../adapters/kms/throttling.ts';
import type { VersionRecord } from '../domain/key.ts';
import { usableVersions } from '../domain/versions.ts';
import { everyKmsKey } from './every-kms-key.ts';
import { forwardFor, readHeldWork, type StepDependencies, type StepInput } from './held-key.ts';
import { isSurely, settledAs } from './kms-key-state.ts';

/**
 * Takes every KMS key of a key out of use. A compromise revokes the grants too, once nothing can be used any more; a
 * suspension leaves them, since a disabled key honours none and a reinstatement could not give them back. To undo a
 * reinstatement that failed half-way it disables what the registry says is disabled.
 */
export function disableKey(deps: StepDependencies & { readonly kms: KMSClient; readonly pause: Pause }) {
  return async (input: StepInput): Promise<{ disabled: number[] }> => {
    const { kms, pause } = deps;
    const work = await readHeldWork(
      deps,
      'disable-key',
      input,
      forwardFor('revoke', 'destroy', 'emergency-revoke'),
    );
    const { parameters } = work.request;
    const undoing = parameters.operation === 'reinstate';
    const stopped = usableVersions(work.versions).filter(
      ({ backendState }) => !undoing || backendState === 'Disabled',
    );
    const disabled: number[] = [];
    const seen: VersionRecord[] = [];
    await everyKmsKey(deps, work, stopped, async (version, { keyState }) => {
      seen.push(version);
      if (outOfUse.has(keyState) && (await isSurely(deps, version, keyState))) return;
      await throughThrottling(pause, () => disableKmsKey(kms, version.kmsKeyId));
      await settledAs(kms, version, 'Disabled');
      if (keyState === 'Enabled') disabled.push(version.version);
    });
    if (parameters.operation === 'revoke' && parameters.mode === 'compromise') {
      await revokeGrants(kms, seen);
    }
    return { disabled };
  };
}

/** For good or until it is enabled. What is unavailable for another reason comes back by itself. */
const outOfUse: ReadonlySet<string> = new Set(['Disabled', 'PendingDeletion']);

async function revokeGrants(kms: KMSClient, versions: readonly VersionRecord[]): Promise<void> {
  for (const { kmsKeyId } of versions) {
    for (const { grantId } of await listGrants(kms, kmsKeyId)) {
      try {
        await revokeGrant(kms, kmsKeyId, grantId);
      } catch (error) {
        // It has been retired or revoked since it was listed.
        if (!refusedWith(error, 'NotFoundException', 'InvalidGrantIdException')) throw error;
      }
    }
  }
}
