import { createHash } from 'node:crypto';
import type { Principal } from './principal.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_LENGTH = 17;

/** The id that aws:userid and the records of CloudTrail give for a principal. */
export function principalId(principal: Principal): string {
  const { kind, arn, accountId, name, sessionName } = principal;
  if (kind === 'Root') return accountId;
  if (kind === 'FederatedUser') return `${accountId}:${name}`;
  if (kind === 'AssumedRole') return `${roleId(principal)}:${sessionName}`;
  return kind === 'IAMUser' ? uniqueId('AIDA', arn) : arn;
}

/** The id of the role that the principal is a session of. */
export const roleId = ({ policyArn }: Principal) => uniqueId('AROA', policyArn);

/** An id in the form of IAM's unique ids, always the same for one ARN. */
function uniqueId(prefix: string, arn: string): string {
  const digest = createHash('sha256').update(arn).digest().subarray(0, ID_LENGTH);
  return prefix + [...digest].map((byte) => BASE32.charAt(byte % BASE32.length)).join('');
}
