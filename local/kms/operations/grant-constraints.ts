import type { ConditionValues } from '../authorization/conditions.ts';
import { contextConditions } from '../authorization/encryption-context.ts';
import type { GrantTerms } from '../store/grants.ts';

/** The condition keys of a grant's encryption context constraint. */
export function constraintConditions({ constraints = {} }: GrantTerms): ConditionValues {
  const { encryptionContextEquals, encryptionContextSubset } = constraints;
  return {
    'kms:grantconstrainttype': [
      ...(encryptionContextEquals === undefined ? [] : ['EncryptionContextEquals']),
      ...(encryptionContextSubset === undefined ? [] : ['EncryptionContextSubset']),
    ],
    ...contextConditions({ ...encryptionContextSubset, ...encryptionContextEquals }),
  };
}
