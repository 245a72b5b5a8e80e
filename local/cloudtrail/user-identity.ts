import { type Principal, serviceName } from '../kms/principal.ts';
import type { Caller } from '../kms/principals.ts';
import { principalId, roleId } from '../kms/unique-ids.ts';
import { recordTime, type SessionIssuer, type UserIdentity } from './record.ts';

/** The userIdentity of a call, by the kind of its principal. */
export function userIdentity({ principal, accessKeyId }: Caller): UserIdentity {
  const { kind, arn, accountId, name, viaService, since, mfaAt } = principal;
  if (kind === 'AWSService') return { type: kind, invokedBy: arn };
  const common = { principalId: principalId(principal), arn, accountId, accessKeyId };
  const forwarded = viaService === undefined ? {} : { invokedBy: serviceName(viaService) };
  if (kind === 'Root') return { type: kind, ...common, ...forwarded };
  if (kind === 'IAMUser') return { type: kind, ...common, userName: name, ...forwarded };
  return {
    type: kind,
    ...common,
    sessionContext: {
      sessionIssuer: sessionIssuer(principal),
      attributes: {
        creationDate: recordTime(since),
        mfaAuthenticated: mfaAt === undefined ? 'false' : 'true',
      },
    },
    ...forwarded,
  };
}

/** Federated users here are those of the account's root. */
function sessionIssuer(principal: Principal): SessionIssuer {
  const { kind, accountId, name, policyArn: arn } = principal;
  if (kind !== 'AssumedRole') {
    return { type: 'Root', principalId: accountId, arn: `arn:aws:iam::${accountId}:root`, accountId };
  }
  return { type: 'Role', principalId: roleId(principal), arn, accountId, userName: name };
}

/** The userIdentity in the record of an account that the caller is not of: who exactly called is not told there. */
export function strangerIdentity(caller: Caller): UserIdentity {
  const { principal } = caller;
  if (principal.kind === 'AWSService') return userIdentity(caller);
  return { type: 'AWSAccount', principalId: principalId(principal), accountId: principal.accountId };
}
