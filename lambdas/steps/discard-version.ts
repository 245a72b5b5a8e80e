import { type DiscardDependencies, discardKmsKey, freeName } from '../adapters/kms/discard.ts';
import { recordDiscard, recordRetirement } from '../domain/execution.ts';
import { hasLived, unbornVersion } from '../domain/versions.ts';
import { findKmsKey } from './every-kms-key.ts';
import { readHeldWork, type StepDependencies, type StepInput } from './held-key.ts';

/**
 * Puts the KMS key that a failed generation or rotation has recorded on its way to deletion, and records that. Material
 * that was rotated in place stays: its KMS key lives. So does a KMS key to which the alias has led: whoever used the alias in
 * that moment has protected something with it, and could never read it again.
 *
 * What carries the request's tags and was never recorded is not looked for here. Whoever may tag can write those on any
 * KMS key, and an attempt that still runs somewhere may add one at any moment: the search for orphans judges them.
 */
export function discardVersion(deps: StepDependencies & DiscardDependencies) {
  return async (input: StepInput): Promise<{ discarded: number }> => {
    const work = await readHeldWork(deps, 'discard-version', input, 'undo');
    const { key, versions } = work;
    const version = unbornVersion(work);
    if (version === undefined) return { discarded: 0 };
    const { namedAt } = version;
    if (namedAt !== undefined) {
      const found = await findKmsKey(deps.kms, version, work);
      if (found !== undefined) await freeName(deps, found, work);
      await deps.registry.commit(recordRetirement({ ...work, version: { ...version, namedAt } }));
      return { discarded: 0 };
    }
    if (hasLived(version.kmsKeyArn, versions)) return { discarded: 0 };
    await findKmsKey(deps.kms, version, work); // what KMS does not show yet would never be discarded
    await discardKmsKey(deps, { kmsKeyArn: version.kmsKeyArn, key, versions });
    await deps.registry.commit(recordDiscard({ ...work, version }));
    return { discarded: 1 };
  };
}
