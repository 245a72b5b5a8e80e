import { judgePolicies, type PolicyRequest } from './evaluation.ts';

/** The kinds of policies that a principal brings along, as AccessDenied messages call them. */
export type OwnPolicyKind = 'identity-based policy' | 'permissions boundary' | 'session policy';

/** What the policies of the caller itself say of a call. */
export interface OwnVerdict {
  /** The kind of policy that denies the call explicitly. */
  readonly denial: OwnPolicyKind | undefined;
  readonly identityAllows: boolean;
  /** The kind of policy that limits the caller to what it allows, and does not allow the call. */
  readonly limit: Exclude<OwnPolicyKind, 'identity-based policy'> | undefined;
}

/** Without identity-based policies, not even an empty list, the principal is a full administrator. */
export function judgeOwnPolicies(request: PolicyRequest): OwnVerdict {
  const { policies, permissionsBoundary, sessionPolicies } = request.principal;
  const judge = (given: typeof policies) =>
    given === undefined ? { denied: false, allowed: true } : judgePolicies(given, request);
  const identity = judge(policies);
  const boundary = judge(permissionsBoundary && [permissionsBoundary]);
  const session = judge(sessionPolicies);
  return {
    denial: identity.denied
      ? 'identity-based policy'
      : boundary.denied
        ? 'permissions boundary'
        : session.denied
          ? 'session policy'
          : undefined,
    identityAllows: identity.allowed,
    limit: !boundary.allowed ? 'permissions boundary' : !session.allowed ? 'session policy' : undefined,
  };
}

/** Whether the policies of the caller by themselves allow the call. */
export function isAllowedByOwnPolicies(request: PolicyRequest): boolean {
  const { denial, identityAllows, limit } = judgeOwnPolicies(request);
  return denial === undefined && identityAllows && limit === undefined;
}
