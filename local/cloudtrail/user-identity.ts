import { createHash } from 'node:crypto';
import type { Caller } from '../kms/principals.ts';
import { recordTime, type UserIdentity } from './record.ts';

/** The userIdentity of a call, by the kind of its principal. */
export function userIdentity({ principal, accessKeyId }: Caller): UserIdentity {
  const { arn, accountId, name } = principal;
  const common = { arn, accountId, accessKeyId };
  if (principal.kind === 'Root') return { type: 'Root', principalId: accountId, ...common };
  if (principal.kind === 'IAMUser') {
    return { type: 'IAMUser', principalId: uniqueId('AIDA', arn), ...common, userName: name };
  }
  const roleArn = principal.policyArn;
  const roleId = uniqueId('AROA', roleArn);
  return {
    type: 'AssumedRole',
    principalId: `${roleId}:${principal.sessionName}`,
    ...common,
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId: roleId, arn: roleArn, accountId, userName: name },
      attributes: { creationDate: recordTime(principal.since), mfaAuthenticated: 'false' },
    },
  };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_LENGTH = 17;

/** An id in the form of IAM's unique ids, always the same for one ARN. */
function uniqueId(prefix: string, arn: string): string {
  const digest = createHash('sha256').update(arn).digest().subarray(0, ID_LENGTH);
  return prefix + [...digest].map((byte) => BASE32.charAt(byte % BASE32.length)).join('');
}
