import type { PolicyDocument } from './authorization/policy-document.ts';

/** Who calls, as IAM names it. */
type PrincipalKind = 'Root' | 'IAMUser' | 'AssumedRole' | 'FederatedUser' | 'AWSService';

export interface Principal extends PrincipalTraits {
  readonly kind: PrincipalKind;
  /**
   * `arn:aws:iam::ACCT:root`, `arn:aws:iam::ACCT:user/NAME`, `arn:aws:sts::ACCT:assumed-role/ROLE/SESSION` or
   * `arn:aws:sts::ACCT:federated-user/NAME`; of a service its name, such as `lambda.amazonaws.com`.
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

const USER = /^arn:aws:iam::(?<accountId>\d{12}):(?:root|user\/(?:[^\s*]+\/)?(?<name>[\w+=,.@-]+))$/;
const SESSION =
  /^arn:aws:sts::(?<accountId>\d{12}):(?:assumed-role\/(?<role>[\w+=,.@-]+)|federated-user)\/(?<session>[\w+=,.@-]+)$/;

/** Throws when the ARN is not one that can call: the account root, a user, or a session of a role or a federated user. */
export function principalOf(arn: string, since: number, traits: PrincipalTraits = {}): Principal {
  const known = { ...traits, arn, since, policyArn: arn };
  const { accountId, role, session } = SESSION.exec(arn)?.groups ?? {};
  if (accountId !== undefined && session !== undefined) {
    if (role === undefined) return { ...known, kind: 'FederatedUser', accountId, name: session };
    const policyArn = `arn:aws:iam::${accountId}:role/${role}`;
    return { ...known, kind: 'AssumedRole', accountId, name: role, sessionName: session, policyArn };
  }
  const user = USER.exec(arn)?.groups;
  if (user === undefined) {
    throw new Error(
      `${arn} cannot make calls. Give the ARN of an account root, of a user, or of a role's session ` +
        '(arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION) or of a federated user.',
    );
  }
  const { name = '' } = user;
  return { ...known, kind: name === '' ? 'Root' : 'IAMUser', accountId: user.accountId ?? '', name };
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
