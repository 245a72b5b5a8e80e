import { ServiceError } from '../errors.ts';
import type { GrantTerms } from '../store/grants.ts';
import { judgeKeyPolicy, type KeyPolicyVerdict, type PolicyRequest } from './evaluation.ts';
import { accountRoot, mayRetire } from './grant-permissions.ts';
import { parseKeyPolicy } from './key-policy.ts';
import {
  isAllowedByOwnPolicies,
  judgeOwnPolicies,
  type OwnPolicyKind,
  type OwnVerdict,
} from './own-policies.ts';

/** The key whose policy and grants also decide. */
export interface GuardedKey {
  readonly accountId: string;
  /** The key policy, as JSON text. */
  readonly policy: string;
  /** Whether a grant allows the call; asked only when no policy does. */
  readonly grantAllows: () => boolean;
  /** The request does not name the key: its ciphertext does. */
  readonly isNamedByCiphertext?: boolean | undefined;
}

/**
 * Decides a call on a key as AWS KMS does: an explicit deny wins; else the key policy allows the principal,
 * or allows its account and an identity-based policy allows the call, or a grant does. For a principal of
 * another account both kinds of policy must allow. Throws AccessDeniedException.
 */
export function authorizeOnKey(request: PolicyRequest, key: GuardedKey): void {
  const { principal } = request;
  const byKey = judgeKeyPolicy(parseKeyPolicy(key.policy), withoutAliases(request));
  const own = judgeOwnPolicies(request);
  const isOfAccount = principal.accountId === key.accountId;
  if (byKey.denied) {
    throw isOfAccount
      ? deniedExplicitly(request, 'resource-based policy', key)
      : deniedToOtherAccount(request, key);
  }
  if (own.denial !== undefined) throw deniedExplicitly(request, own.denial, key);
  const missing = missingPolicy(byKey, own, isOfAccount || principal.kind === 'AWSService');
  if (missing === undefined || key.grantAllows()) return;
  throw missing === 'resource-based policy' && !isOfAccount
    ? deniedToOtherAccount(request, key)
    : notAllowed(request, missing, key);
}

/** Decides a call that no key policy is asked about. Throws AccessDeniedException. */
export function authorizeByIdentity(request: PolicyRequest): void {
  const own = judgeOwnPolicies(request);
  if (own.denial !== undefined) throw deniedExplicitly(request, own.denial);
  const isService = request.principal.kind === 'AWSService';
  const missing = own.identityAllows && !isService ? own.limit : 'identity-based policy';
  if (missing !== undefined) throw notAllowed(request, missing);
}

/**
 * Decides RetireGrant: the grant says who may, and besides the account of the key and an account that the grant names as
 * its retiring principal, which their identity-based policies delegate. No key policy is asked. Throws AccessDeniedException.
 */
export function authorizeRetirement(request: PolicyRequest, terms: GrantTerms, accountOfKey: string): void {
  const { principal } = request;
  const own = judgeOwnPolicies(request);
  if (own.denial !== undefined) throw deniedExplicitly(request, own.denial);
  if (mayRetire(terms, principal)) return;
  const isOfAccount =
    principal.accountId === accountOfKey || terms.retiringPrincipal === accountRoot(principal);
  const isDelegated = isOfAccount && principal.kind !== 'AWSService' && isAllowedByOwnPolicies(request);
  if (!isDelegated)
    throw notAllowed(request, (own.identityAllows ? own.limit : undefined) ?? 'identity-based policy');
}

/**
 * The kind of policy for want of which the call is not allowed; undefined when it is. What limits a principal does not
 * limit what a key policy gives to it directly, as a user or as a session of a role.
 */
function missingPolicy(
  byKey: KeyPolicyVerdict,
  own: OwnVerdict,
  keyPolicySuffices: boolean,
): PolicyKind | undefined {
  if (keyPolicySuffices && byKey.allowed) return undefined;
  if (keyPolicySuffices && byKey.allowedRole) return own.limit;
  if (!byKey.allowed && !byKey.allowedRole && !byKey.delegated) return 'resource-based policy';
  return own.identityAllows ? own.limit : 'identity-based policy';
}

/** The aliases of a key count in the policies of principals alone. */
function withoutAliases(request: PolicyRequest): PolicyRequest {
  return { ...request, conditions: { ...request.conditions, 'kms:resourcealiases': [] } };
}

type PolicyKind = OwnPolicyKind | 'resource-based policy';
type Asked = Pick<PolicyRequest, 'principal' | 'action'>;
type Naming = Pick<GuardedKey, 'isNamedByCiphertext'>;

function deniedExplicitly(request: PolicyRequest, kind: PolicyKind, key?: Naming): ServiceError {
  const article = kind.startsWith('identity') ? 'an' : 'a';
  return denied(request, onResource(request, key), `with an explicit deny in ${article} ${kind}`);
}

function notAllowed(request: PolicyRequest, kind: PolicyKind, key?: Naming): ServiceError {
  return denied(request, onResource(request, key), `because no ${kind} allows the ${request.action} action`);
}

/** Another account does not learn whether there is such a key. */
export function deniedToOtherAccount(request: Asked, { isNamedByCiphertext }: Naming): ServiceError {
  return denied(
    request,
    isNamedByCiphertext === true ? BY_CIPHERTEXT : 'on this resource',
    'because the resource does not exist in this Region, no resource-based policies allow access, ' +
      'or a resource-based policy explicitly denies access',
  );
}

const BY_CIPHERTEXT = 'on the resource associated with this ciphertext';

function onResource({ resource }: PolicyRequest, key: Naming | undefined): string {
  return key?.isNamedByCiphertext === true ? BY_CIPHERTEXT : `on resource: ${resource}`;
}

function denied({ principal, action }: Asked, where: string, reason: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} ${where} ${reason}`,
  );
}
