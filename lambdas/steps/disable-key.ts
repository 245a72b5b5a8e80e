import type { KMSClient } from '@aws-sdk/client-kms';
import { listGrants, revokeGrant } from '../adapters/kms/grants.ts';
import { disableKmsKey } from '../adapters/kms/keys.ts';
import { takenOutOfUse } from '../domain/outcome.ts';
import {
  distinctKmsKeys,
  forwardFor,
  readHeldWork,
  type StepDependencies,
  type StepInput,
} from './held-key.ts';
import { kmsKeyOf, settledAs } from './kms-key-state.ts';

/**
 * Takes every KMS key of a key out of use. A compromise revokes the grants too; a suspension leaves them, since a
 * disabled key honours none and a reinstatement could not give them back. To undo a reinstatement that failed half-way
 * it disables what the registry says is disabled.
 */
export function disableKey(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: StepInput): Promise<{ disabled: number[] }> => {
    const { kms } = deps;
    const { request, versions } = await readHeldWork(
      deps,
      'disable-key',
      input,
      forwardFor('revoke', 'destroy', 'emergency-revoke'),
    );
    const { parameters } = request;
    const compromised = parameters.operation === 'revoke' && parameters.mode === 'compromise';
    const disabled: number[] = [];
    const undoing = parameters.operation === 'reinstate';
    for (const version of distinctKmsKeys(takenOutOfUse(request, versions))) {
      if (undoing && version.backendState !== 'Disabled') continue;
      const { keyState } = await kmsKeyOf(kms, version);
      if (keyState === 'Enabled') {
        await disableKmsKey(kms, version.kmsKeyId);
        disabled.push(version.version);
      }
      if (keyState !== 'PendingDeletion') await settledAs(kms, version, 'Disabled');
      if (!compromised) continue;
      for (const { grantId } of await listGrants(kms, version.kmsKeyId)) {
        await revokeGrant(kms, version.kmsKeyId, grantId);
      }
    }
    return { disabled };
  };
}
