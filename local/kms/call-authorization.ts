import { authorizeByIdentity, authorizeOnKey } from './authorization/authorize.ts';
import { grantsAllow } from './authorization/grant-permissions.ts';
import type { Kms } from './kms.ts';
import type { PreparedCall, Resolved, Touch } from './operation.ts';
import type { Principal } from './principal.ts';
import { requestConditions } from './request-conditions.ts';

/** Throws AccessDeniedException unless the principal may do the operation on all that the call touches. */
export function authorizeCall(
  kms: Kms,
  principal: Principal,
  operation: string,
  call: PreparedCall,
  { touches, aboutGrant }: Resolved,
): void {
  const { encryptionContext } = call;
  for (const touch of touches) {
    const request = {
      principal,
      action: (touch.kind === 'account' ? touch.action : undefined) ?? `kms:${operation}`,
      resource: resourceOf(touch),
      conditions: {
        ...requestConditions(kms, principal, touch.kind === 'key' ? touch : undefined),
        ...call.conditions,
      },
    };
    if (touch.kind !== 'key') {
      authorizeByIdentity(request);
      continue;
    }
    authorizeOnKey(request, {
      accountId: kms.account.accountId,
      policy: touch.key.policy,
      grantAllows: () =>
        grantsAllow(kms.grants.ofKey(touch.key.id), {
          principal,
          operation,
          encryptionContext,
          ...aboutGrant,
        }),
    });
  }
}

function resourceOf(touch: Touch): string {
  if (touch.kind === 'key') return touch.key.arn;
  if (touch.kind === 'alias') return touch.arn;
  return touch.resource ?? '*';
}
