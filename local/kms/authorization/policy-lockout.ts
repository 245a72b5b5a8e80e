import { malformedPolicy } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { Principal } from '../principal.ts';
import type { KmsKey } from '../store/keys.ts';
import type { ConditionValues } from './conditions.ts';
import { judgeKeyPolicy } from './evaluation.ts';
import { parseKeyPolicy } from './key-policy.ts';
import { requestConditions } from './request-conditions.ts';

/**
 * Checks a key's new policy: it must be well formed and, unless the caller bypasses that, let the caller put
 * another policy later. As in AWS KMS only the key policy is looked at, not the caller's own policies. What a later request
 * will be like is not known: it is taken to come from the same place as this one, now.
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
      'kms:policyname': ['default'],
    },
  });
  if (verdict.denied || !(verdict.allowed || verdict.allowedRole || verdict.delegated)) {
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
  }
}

/** The condition key of the bypass: only a request that mentions it has it. */
export function bypassCondition(asked: boolean | undefined): ConditionValues {
  return { 'kms:bypasspolicylockoutsafetycheck': asked === undefined ? [] : [String(asked)] };
}
