import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { getKmsPolicy, putKmsPolicy } from '../adapters/kms/policies.ts';
import { classNamed, type KeyClass, type KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { deletionFloorDays } from '../domain/policy-floor.ts';
import { isSamePolicy } from '../domain/same-policy.ts';
import { live, unbornVersion } from '../domain/versions.ts';
import { everyKmsKey } from './every-kms-key.ts';
import { readHeldWork, type StepDependencies, stepInput } from './held-key.ts';

/** `new` takes protection from every KMS key but the new version's, `current` gives it back to the current version's. */
export const restrictInput = stepInput.extend({ protector: z.enum(['new', 'current']) });

/**
 * Makes the key policies say which version protects: a KMS key whose versions are all past their originator-usage
 * period, and one that a failed rotation leaves behind, may decrypt and verify, and no longer encrypt or sign. Of
 * versions that the request does not change it writes only what differs.
 */
export function restrictVersions(
  deps: StepDependencies & {
    readonly kms: KMSClient;
    readonly classes: KeyClasses;
    readonly roles: StepRoles;
  },
) {
  return async (input: z.infer<typeof restrictInput>): Promise<{ restricted: number[] }> => {
    const { kms, classes, roles } = deps;
    const undoing = input.protector === 'current';
    const work = await readHeldWork(deps, 'restrict-version', input, undoing ? 'undo' : 'forward');
    const { key, versions } = work;
    const current = versions.find(({ version }) => version === key.currentVersion);
    const unborn = unbornVersion(work);
    const protector = undoing ? current : unborn;
    // What this request changes may be shown as it was before: there a look spares nothing.
    const touched = new Set([current?.kmsKeyId, unborn?.kmsKeyId]);
    const named = versions.filter(
      ({ state, namedAt }) => state === 'pre-activation' && namedAt !== undefined,
    );
    const restricted: number[] = [];
    await everyKmsKey(deps, work, [...live(versions), ...named], async ({ version, kmsKeyId }) => {
      const policy = await getKmsPolicy(kms, kmsKeyId);
      const wanted = policyFor({
        key,
        classes,
        roles,
        protects: kmsKeyId === protector?.kmsKeyId,
        deletionWindowDays: longerWindow(policy, classNamed(classes, key.className)),
      });
      if (!touched.has(kmsKeyId) && isSamePolicy(policy, wanted)) return;
      await putKmsPolicy(kms, kmsKeyId, wanted);
      restricted.push(version);
    });
    return { restricted };
  };
}

/** Of KMS. */
const LONGEST_WINDOW_DAYS = 30;

/** A key keeps the deletion window that it was promised when its class asked for a longer one than today. */
function longerWindow(policy: string, { deletionWindowDays }: KeyClass): number {
  return Math.min(Math.max(deletionWindowDays, deletionFloorDays(policy) ?? 0), LONGEST_WINDOW_DAYS);
}
