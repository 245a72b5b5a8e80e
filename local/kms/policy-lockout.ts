import { judgeKeyPolicy } from './authorization/evaluation.ts';
import { parseKeyPolicy } from './authorization/policy-document.ts';
import { malformedPolicy } from './errors.ts';
import type { Kms } from './kms.ts';
import type { Principal } from './principal.ts';
import { requestConditions } from './request-conditions.ts';
import type { KmsKey } from './store/keys.ts';

/**
 * Checks a key's new policy: it must be well formed and, unless the caller bypasses that, let the caller put
 * another policy later. As in AWS KMS only the key policy is looked at, not the caller's own policies.
 */
export function checkLockout(kms: Kms, principal: Principal, key: KmsKey, bypass: boolean): void {
  const policy = parseKeyPolicy(key.policy);
  if (bypass) return;
  const verdict = judgeKeyPolicy(policy, {
    principal,
    action: 'kms:PutKeyPolicy',
    resource: key.arn,
    conditions: {
      ...requestConditions(kms.account, principal, { kms, key }),
      'kms:bypasspolicylockoutsafetycheck': ['false'],
      'kms:policyname': ['default'],
    },
  });
  if (verdict.denied || !(verdict.allowed || verdict.delegated)) {
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
  }
}
