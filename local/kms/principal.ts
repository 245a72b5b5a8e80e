import type { PolicyDocument } from './authorization/policy-document.ts';

/** Who calls, as IAM names it. */
type PrincipalKind = 'Root' | 'IAMUser' | 'AssumedRole' | 'AWSService';

export interface Principal extends PrincipalTraits {
  readonly kind: PrincipalKind;
  /**
   * `arn:aws:iam::ACCT:root`, `arn:aws:iam::ACCT:user/NAME` or `arn:aws:sts::ACCT:assumed-role/ROLE/SESSION`; of a
   * service its name, such as `lambda.amazonaws.com`.
   */
  readonly arn: string;
  /** Of a service: the account on whose behalf it calls. */
  readonly accountId: string;
  /** The user's or the role's name; empty for the root. */
  readonly name: string;
  /** The session's name, for an assumed role. */
  readonly sessionName?: string;
  /** What aws:PrincipalArn is: the ARN, or for an assumed role the ARN of the role. */
  readonly policyArn: string;
  /** Since when it is known here, in epoch milliseconds: the start of its session. */
  readonly since: number;
  /** Of the call that it makes. */
  readonly origin?: CallOrigin;
}

/** Where a call comes from, and when. */
export interface CallOrigin {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
}

/** What is known of a principal besides its name. */
export interface PrincipalTraits {
  /** Its identity-based policies; undefined for a full administrator. */
  readonly policies?: readonly PolicyDocument[] | undefined;
  readonly permissionsBoundary?: PolicyDocument | undefined;
  /** What its session is limited to. */
  readonly sessionPolicies?: readonly PolicyDocument[] | undefined;
  /** Its tags; those of its session come before those of its user or role. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Which of the tags pass on to the sessions of roles that it assumes. */
  readonly transitiveTagKeys?: readonly string[] | undefined;
  /** When it proved itself with a second factor, in epoch milliseconds. */
  readonly mfaAt?: number | undefined;
  /** The organization of its account. */
  readonly organizationId?: string | undefined;
  /** The service that makes its calls for it, in a forward access session: `ec2.us-east-1.amazonaws.com`. */
  readonly viaService?: string | undefined;
  /** The resource on whose behalf a service calls. */
  readonly sourceArn?: string | undefined;
}

const ARN =
  /^arn:aws:(?:iam::(?<iam>\d{12}):(?:root|user\/(?:[^\s*]+\/)?(?<user>[\w+=,.@-]+))|sts::(?<sts>\d{12}):assumed-role\/(?<role>[\w+=,.@-]+)\/(?<session>[\w+=,.@-]+))$/;

/** Throws when the ARN is not one that can call: the account root, a user or a session of a role. */
export function principalOf(arn: string, since: number, traits: PrincipalTraits = {}): Principal {
  const match = ARN.exec(arn)?.groups;
  if (match === undefined) {
    throw new Error(
      `${arn} cannot make calls. Give the ARN of an account root, of a user, or of a role's session ` +
        '(arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION).',
    );
  }
  const known = { ...traits, arn, since };
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

/** A session of a role, which may have a path. */
export function sessionOf(
  role: { readonly arn: string; readonly accountId: string; readonly name: string },
  sessionName: string,
  since: number,
  traits: PrincipalTraits,
): Principal {
  const arn = `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`;
  return { ...principalOf(arn, since, traits), policyArn: role.arn };
}

/** A service that calls by itself, for the account. */
export function servicePrincipal(
  service: string,
  accountId: string,
  since: number,
  traits: Pick<PrincipalTraits, 'sourceArn'>,
): Principal {
  return { ...traits, kind: 'AWSService', arn: service, accountId, name: service, policyArn: service, since };
}

/** `ec2.amazonaws.com` of `ec2.us-east-1.amazonaws.com`. */
export function serviceName(viaService: string): string {
  return viaService.replace(/^([^.]+)\..+(\.amazonaws\.com)$/, '$1$2');
}
