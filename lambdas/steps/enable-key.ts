import type { KMSClient } from '@aws-sdk/client-kms';
import { enableKmsKey } from '../adapters/kms/keys.ts';
import type { VersionRecord } from '../domain/key.ts';
import { worksAfterCancellation } from '../domain/outcome.ts';
import { usableVersions } from '../domain/versions.ts';
import { assertSomeLeft, everyKmsKey } from './every-kms-key.ts';
import { forwardFor, readHeldWork, type StepDependencies, type StepInput, type Work } from './held-key.ts';
import { settledAs } from './kms-key-state.ts';

/**
 * Puts KMS keys back into use: all of a key that is reinstated or whose destruction is cancelled while it worked, and,
 * to undo a revocation or destruction that failed half-way, those that the registry says are enabled. Throws StateForbids
 * for a reinstatement of which KMS has deleted everything.
 */
export function enableKey(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: StepInput): Promise<{ enabled: number[] }> => {
    const { kms } = deps;
    const work = await readHeldWork(deps, 'enable-key', input, forwardFor('reinstate', 'cancel-destruction'));
    const wanted = usableVersions(work.versions).filter((each) => shouldWork(work, each));
    if (work.request.parameters.operation === 'reinstate') await assertSomeLeft(kms, work);
    const enabled: number[] = [];
    await everyKmsKey(deps, work, wanted, async (version, { keyState }) => {
      if (keyState === 'Disabled') {
        await enableKmsKey(kms, version.kmsKeyId);
        enabled.push(version.version);
      }
      await settledAs(kms, version, 'Enabled');
    });
    return { enabled };
  };
}

function shouldWork({ request, key }: Work, version: VersionRecord): boolean {
  const { operation } = request.parameters;
  if (operation === 'reinstate') return true;
  if (operation === 'cancel-destruction') return worksAfterCancellation(key);
  return version.backendState === 'Enabled';
}
