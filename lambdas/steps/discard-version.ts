import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { aliasesOf, deleteAlias } from '../adapters/kms/aliases.ts';
import { scheduleKmsDeletion } from '../adapters/kms/deletion.ts';
import { describeKmsKey, findByRequest } from '../adapters/kms/keys.ts';
import { recordDiscard } from '../domain/execution.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import { readHeldWork, type StepDependencies, type StepInput, unbornVersion, type Work } from './held-key.ts';

/**
 * Puts what a failed generation or rotation made on its way to deletion: KMS keys that carry this request's tag and
 * that no version stands on which was ever active. Nobody can have used them. The alias goes first, so that no name
 * leads to a dying key.
 */
export function discardVersion(
  deps: StepDependencies & {
    readonly kms: KMSClient;
    readonly tagging: ResourceGroupsTaggingAPIClient;
    readonly classes: KeyClasses;
  },
) {
  return async (input: StepInput): Promise<{ discarded: number }> => {
    const { kms, tagging, classes, registry } = deps;
    const work = await readHeldWork(deps, 'discard-version', input, 'undo');
    const { deletionWindowDays } = classNamed(classes, work.key.className);
    const doomed = discardable(work, await findByRequest(tagging, input.requestId));
    for (const kmsKeyArn of doomed) {
      const found = await describeKmsKey(kms, kmsKeyArn);
      if (found === undefined || found.keyState === 'PendingDeletion') continue;
      for (const alias of await aliasesOf(kms, kmsKeyArn)) await deleteAlias(kms, alias);
      await scheduleKmsDeletion(kms, found.kmsKeyId, deletionWindowDays);
    }
    const version = unbornVersion(work);
    if (version !== undefined && doomed.includes(version.kmsKeyArn)) {
      await registry.commit(recordDiscard({ ...work, version }));
    }
    return { discarded: doomed.length };
  };
}

function discardable(work: Work, tagged: readonly string[]): string[] {
  const unborn = unbornVersion(work);
  const lived = new Set(
    work.versions.filter(({ activatedAt }) => activatedAt !== undefined).map(({ kmsKeyArn }) => kmsKeyArn),
  );
  return [...new Set([...(unborn === undefined ? [] : [unborn.kmsKeyArn]), ...tagged])].filter(
    (arn) => !lived.has(arn),
  );
}
