import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { getKmsPolicy, putKmsPolicy } from '../adapters/kms/policies.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { live } from '../domain/outcome.ts';
import { distinctKmsKeys, readHeldWork, type StepDependencies, stepInput } from './held-key.ts';

/** `new` takes protection from every KMS key but the new version's, `current` gives it back to the current version's. */
export const restrictInput = stepInput.extend({ protector: z.enum(['new', 'current']) });

/**
 * Makes the key policies say which version protects: a KMS key whose versions are all past their originator-usage
 * period may decrypt and verify, and no longer encrypt or sign. Writes only what differs.
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
    const { key, request, versions } = await readHeldWork(
      deps,
      'restrict-version',
      input,
      input.protector === 'new' ? 'forward' : 'undo',
    );
    const protector = versions.findLast(({ version, state, requestId }) =>
      input.protector === 'current'
        ? version === key.currentVersion
        : state === 'pre-activation' && requestId === request.requestId,
    );
    const restricted: number[] = [];
    for (const { version, kmsKeyId } of distinctKmsKeys(live(versions))) {
      const wanted = policyFor({ key, classes, roles, protects: kmsKeyId === protector?.kmsKeyId });
      if (canonicalJson(z.json().parse(JSON.parse(await getKmsPolicy(kms, kmsKeyId)))) === wanted) continue;
      await putKmsPolicy(kms, kmsKeyId, wanted);
      restricted.push(version);
    }
    return { restricted };
  };
}
