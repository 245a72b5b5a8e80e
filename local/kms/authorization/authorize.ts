import { ServiceError } from '../errors.ts';
import { judgeIdentity, judgeKeyPolicy, type PolicyRequest } from './evaluation.ts';
import { parseKeyPolicy } from './policy-document.ts';

/** The key whose policy and grants also decide. */
export interface GuardedKey {
  readonly accountId: string;
  /** The key policy, as JSON text. */
  readonly policy: string;
  /** Whether a grant allows the call; asked only when no policy does. */
  readonly grantAllows: () => boolean;
}

/**
 * Decides a call on a key as AWS KMS does: an explicit deny wins; else the key policy allows the principal,
 * or allows its account and an identity-based policy allows the call, or a grant does. For a principal of
 * another account both kinds of policy must allow. Throws AccessDeniedException.
 */
export function authorizeOnKey(request: PolicyRequest, key: GuardedKey): void {
  const byKey = judgeKeyPolicy(parseKeyPolicy(key.policy), request);
  if (byKey.denied) throw denied(request, 'with an explicit deny in a resource-based policy');
  const byIdentity = judgeIdentity(request.principal.policies, request);
  if (byIdentity.denied) throw denied(request, 'with an explicit deny in an identity-based policy');
  const sameAccount = request.principal.accountId === key.accountId;
  const byPolicies =
    (byKey.allowed && (sameAccount || byIdentity.allowed)) || (byKey.delegated && byIdentity.allowed);
  if (byPolicies || key.grantAllows()) return;
  throw byKey.delegated || byKey.allowed ? noIdentityAllow(request) : noKeyPolicyAllow(request);
}

/** Decides a call that no key policy is asked about. Throws AccessDeniedException. */
export function authorizeByIdentity(request: PolicyRequest): void {
  const verdict = judgeIdentity(request.principal.policies, request);
  if (verdict.denied) throw denied(request, 'with an explicit deny in an identity-based policy');
  if (!verdict.allowed) throw noIdentityAllow(request);
}

const noIdentityAllow = (request: PolicyRequest) =>
  denied(request, `because no identity-based policy allows the ${request.action} action`);

const noKeyPolicyAllow = (request: PolicyRequest) =>
  denied(request, `because no resource-based policy allows the ${request.action} action`);

function denied({ principal, action, resource }: PolicyRequest, reason: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  );
}
