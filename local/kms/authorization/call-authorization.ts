import type { Account } from '../account.ts';
import type { Kms } from '../kms.ts';
import type { PreparedCall, Resolved, Touch } from '../operation.ts';
import type { Principal } from '../principal.ts';
import type { Caller } from '../principals.ts';
import type { Grant } from '../store/grants.ts';
import { authorizeByIdentity, authorizeOnKey, authorizeRetirement } from './authorize.ts';
import { contextConditions } from './encryption-context.ts';
import type { PolicyRequest } from './evaluation.ts';
import { grantsAllow } from './grant-permissions.ts';
import { isAllowedByOwnPolicies } from './own-policies.ts';
import { requestConditions } from './request-conditions.ts';
import { usageConditions } from './usage-conditions.ts';

/** Throws AccessDeniedException unless the principal may do the operation on all that the call touches. */
export function authorizeCall(
  { account, principal }: Caller,
  operation: string,
  call: PreparedCall,
  { touches, aboutGrant }: Resolved,
): void {
  for (const touch of touches) {
    const part = touch.kind === 'key' ? touch.part : undefined;
    const { name, encryptionContext, conditions } = part ?? { ...call, name: operation };
    const request: PolicyRequest = {
      principal,
      action: (touch.kind === 'account' ? touch.action : undefined) ?? `kms:${name}`,
      resource: resourceOf(touch),
      conditions: {
        ...requestConditions(
          accountOf(touch) ?? account,
          principal,
          touch.kind === 'key' ? touch : undefined,
        ),
        ...(touch.kind === 'key' ? usageConditions(name, touch) : {}),
        ...contextConditions(encryptionContext),
        ...(ABOUT_GRANTS.has(name) ? { 'kms:grantisforawsresource': [String(isForService(principal))] } : {}),
        ...conditions,
      },
    };
    if (touch.kind !== 'key') {
      authorizeByIdentity(request);
      continue;
    }
    const { accountId } = touch.kms.account;
    if (aboutGrant?.retired !== undefined) {
      authorizeRetirement(request, aboutGrant.retired.terms, accountId);
      continue;
    }
    authorizeOnKey(request, {
      accountId,
      policy: touch.key.policy,
      isNamedByCiphertext: touch.isNamedByCiphertext,
      grantAllows: () =>
        grantsAllow(knownGrants(touch.kms, touch.key.id, call.grantIds), {
          principal,
          operation: name,
          encryptionContext,
          created: aboutGrant?.created,
          isAllowedByOwnPolicies: () => isAllowedByOwnPolicies(request),
        }),
    });
  }
}

const ABOUT_GRANTS: ReadonlySet<string> = new Set(['CreateGrant', 'ListGrants', 'RevokeGrant']);

/** Whether a service makes the call, for somebody or by itself. */
function isForService({ kind, viaService }: Principal): boolean {
  return kind === 'AWSService' || viaService !== undefined;
}

/** The grants on the key that are seen, and those whose tokens the caller gives: these work before they are seen. */
function knownGrants(kms: Kms, keyId: string, grantIds: readonly string[]): Grant[] {
  const given = grantIds.map((id) => kms.grants.ofToken(id)).filter((grant) => grant !== undefined);
  return [...kms.grants.ofKey(keyId), ...given.filter((grant) => grant.keyId === keyId)];
}

/** With the Region in which the caller must be allowed, where it is not the one that was called. */
function accountOf(touch: Touch): Account | undefined {
  if (touch.kind === 'key') return touch.kms.account;
  return touch.kind === 'account' ? touch.account : undefined;
}

function resourceOf(touch: Touch): string {
  if (touch.kind === 'key') return touch.key.arn;
  if (touch.kind === 'alias') return touch.arn;
  return touch.resource ?? '*';
}
