import { authorizeByIdentity, authorizeOnKey } from './authorization/authorize.ts';
import type { ConditionValues } from './authorization/conditions.ts';
import { grantsAllow } from './authorization/grant-permissions.ts';
import type { PreparedCall, Resolved, Touch } from './operation.ts';
import type { Caller } from './principals.ts';
import { requestConditions } from './request-conditions.ts';

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
    const request = {
      principal,
      action: (touch.kind === 'account' ? touch.action : undefined) ?? `kms:${name}`,
      resource: resourceOf(touch),
      conditions: {
        ...requestConditions(account, principal, touch.kind === 'key' ? touch : undefined),
        ...contextConditions(encryptionContext),
        ...conditions,
      },
    };
    if (touch.kind !== 'key') {
      authorizeByIdentity(request);
      continue;
    }
    authorizeOnKey(request, {
      accountId: touch.kms.account.accountId,
      policy: touch.key.policy,
      grantAllows: () =>
        grantsAllow(touch.kms.grants.ofKey(touch.key.id), {
          principal,
          operation: name,
          encryptionContext,
          ...aboutGrant,
        }),
    });
  }
}

function contextConditions(context: PreparedCall['encryptionContext']): ConditionValues {
  const entries = Object.entries(context);
  if (entries.length === 0) return {};
  return {
    ...Object.fromEntries(
      entries.map(([key, value]) => [`kms:encryptioncontext:${key.toLowerCase()}`, [value]]),
    ),
    'kms:encryptioncontextkeys': entries.map(([key]) => key),
  };
}

function resourceOf(touch: Touch): string {
  if (touch.kind === 'key') return touch.key.arn;
  if (touch.kind === 'alias') return touch.arn;
  return touch.resource ?? '*';
}
