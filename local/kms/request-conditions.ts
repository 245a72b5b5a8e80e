import type { ConditionValues } from './authorization/conditions.ts';
import type { ResolvedKey } from './key-reference.ts';
import type { Kms } from './kms.ts';
import type { Principal } from './principal.ts';

/** The condition keys that every request has, and those of the key that it is about. */
export function requestConditions(kms: Kms, principal: Principal, resolved?: ResolvedKey): ConditionValues {
  return {
    'aws:principalarn': [principal.policyArn],
    'aws:principalaccount': [principal.accountId],
    'kms:calleraccount': [principal.accountId],
    ...(resolved === undefined ? {} : keyConditions(kms, resolved)),
  };
}

function keyConditions(kms: Kms, { key, requestAlias }: ResolvedKey): ConditionValues {
  return {
    'aws:resourceaccount': [kms.account.accountId],
    'kms:keyspec': [key.spec],
    'kms:keyusage': [key.usage],
    'kms:keyorigin': ['AWS_KMS'],
    'kms:multiregion': ['false'],
    'kms:resourcealiases': kms.aliases.ofKey(key.id).map(({ name }) => name),
    ...(requestAlias === undefined ? {} : { 'kms:requestalias': [requestAlias] }),
    ...Object.fromEntries(
      kms.tags
        .list(key.id)
        .map(({ tagKey, tagValue }) => [`aws:resourcetag/${tagKey.toLowerCase()}`, [tagValue]]),
    ),
  };
}
