import * as z from 'zod';
import { recordedFields } from '../audit/recorded-fields.ts';
import { bypassCondition, checkLockout } from '../authorization/policy-lockout.ts';
import { notFound, validation } from '../errors.ts';
import { keyOperation } from '../operation.ts';
import { keyId, pagination, policy, text } from './fields.ts';

/** A key has one policy of its own, with this name. */
const POLICY_NAME = 'default';

const policyName = text(1, 128, '[\\w]+').default(POLICY_NAME);

export const getKeyPolicy = keyOperation({
  schema: z.object({ KeyId: keyId, PolicyName: policyName }),
  readOnly: true,
  conditions: (input) => ({ 'kms:policyname': [input.PolicyName] }),
  handle: ({ key }, input) => {
    if (input.PolicyName !== POLICY_NAME) throw notFound(`No such policy exists: ${input.PolicyName}`);
    return { output: { Policy: key.policy, PolicyName: POLICY_NAME } };
  },
});

export const putKeyPolicy = keyOperation({
  schema: z.object({
    KeyId: keyId,
    PolicyName: policyName,
    Policy: policy,
    BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  }),
  readOnly: false,
  conditions: (input) => ({
    'kms:policyname': [input.PolicyName],
    ...bypassCondition(input.BypassPolicyLockoutSafetyCheck),
  }),
  recorded: (input) => recordedFields({ BypassPolicyLockoutSafetyCheck: false, ...input }),
  handle: ({ kms, principal, key }, input) => {
    if (input.PolicyName !== POLICY_NAME) throw validation('The only valid policy name is default.');
    const changed = { ...key, policy: input.Policy };
    checkLockout(kms, principal, changed, input.BypassPolicyLockoutSafetyCheck ?? false);
    kms.keys.setPolicy(key.id, input.Policy);
    return {};
  },
});

export const listKeyPolicies = keyOperation({
  schema: z.object({ KeyId: keyId, ...pagination(100, 1000) }),
  readOnly: true,
  handle: () => ({ output: { PolicyNames: [POLICY_NAME], Truncated: false } }),
});
