import type { PolicyDocument } from './authorization/policy-document.ts';

/** Who calls, as IAM names it. */
type PrincipalKind = 'Root' | 'IAMUser' | 'AssumedRole';

export interface Principal {
  readonly kind: PrincipalKind;
  /** `arn:aws:iam::ACCT:root`, `arn:aws:iam::ACCT:user/NAME` or `arn:aws:sts::ACCT:assumed-role/ROLE/SESSION`. */
  readonly arn: string;
  readonly accountId: string;
  /** The user's or the role's name; empty for the root. */
  readonly name: string;
  /** The session's name, for an assumed role. */
  readonly sessionName?: string;
  /** What aws:PrincipalArn is: the ARN, or for an assumed role the ARN of the role. */
  readonly policyArn: string;
  /** Its identity-based policies; undefined for a full administrator. */
  readonly policies?: readonly PolicyDocument[];
  /** Since when it is known here, in epoch milliseconds: the start of its session. */
  readonly since: number;
}

const ARN =
  /^arn:aws:(?:iam::(?<iam>\d{12}):(?:root|user\/(?:[^\s*]+\/)?(?<user>[\w+=,.@-]+))|sts::(?<sts>\d{12}):assumed-role\/(?<role>[\w+=,.@-]+)\/(?<session>[\w+=,.@-]+))$/;

/** Throws when the ARN is not one that can call: the account root, a user or a session of a role. */
export function principalOf(arn: string, since: number, policies?: readonly PolicyDocument[]): Principal {
  const match = ARN.exec(arn)?.groups;
  if (match === undefined) {
    throw new Error(
      `${arn} cannot make calls. Give the ARN of an account root, of a user, or of a role's session ` +
        '(arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION).',
    );
  }
  const known = { arn, since, ...(policies === undefined ? {} : { policies }) };
  if (match.sts !== undefined && match.role !== undefined && match.session !== undefined) {
    return {
      ...known,
      kind: 'AssumedRole',
      accountId: match.sts,
      name: match.role,
      sessionName: match.session,
      policyArn: `arn:aws:iam::${match.sts}:role/${match.role}`,
    };
  }
  const accountId = match.iam ?? '';
  if (match.user === undefined) return { ...known, kind: 'Root', accountId, name: '', policyArn: arn };
  return { ...known, kind: 'IAMUser', accountId, name: match.user, policyArn: arn };
}
