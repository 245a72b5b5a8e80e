import type { Account } from '../account.ts';
import type { ResolvedKey } from '../key-reference.ts';
import type { Principal } from '../principal.ts';
import { callerConditions } from './caller-conditions.ts';
import type { ConditionValues } from './conditions.ts';

/** The condition keys that every request has, and those of the key that it is about. */
export function requestConditions(
  { region }: Account,
  principal: Principal,
  resolved?: ResolvedKey,
): ConditionValues {
  return {
    ...callerConditions(principal),
    'aws:requestedregion': [region],
    ...(resolved === undefined ? {} : keyConditions(resolved)),
  };
}

function keyConditions({ kms, key, requestAlias }: ResolvedKey): ConditionValues {
  return {
    'aws:resourceaccount': [kms.account.accountId],
    'kms:keyspec': [key.spec],
    'kms:customermasterkeyspec': [key.spec],
    'kms:keyusage': [key.usage],
    'kms:customermasterkeyusage': [key.usage],
    'kms:keyorigin': [key.origin],
    'kms:multiregion': [String(key.multiRegionType !== null)],
    ...(key.multiRegionType === null ? {} : { 'kms:multiregionkeytype': [key.multiRegionType] }),
    'kms:resourcealiases': kms.aliases.ofKey(key.id).map(({ name }) => name),
    ...(requestAlias === undefined ? {} : { 'kms:requestalias': [requestAlias] }),
    ...Object.fromEntries(
      kms.tags
        .list(key.id)
        .map(({ tagKey, tagValue }) => [`aws:resourcetag/${tagKey.toLowerCase()}`, [tagValue]]),
    ),
  };
}
