import { assertAllowed } from '../adapters/authorization.ts';
import { decidable } from '../approvals/electorate.ts';
import { ClassForbids, VersionStale } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import { approvalOf, classNamed, type KeyClass } from '../domain/key-class.ts';
import type { Principal } from '../domain/principal.ts';
import { groupsAnswering } from '../domain/quorum.ts';
import type { Operation, RequestParameters } from '../domain/request.ts';
import { submitOperation } from '../domain/submission.ts';
import { acceptedAnswer } from './accept.ts';
import { commitOnce } from './commit-once.ts';
import type { Call, Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { planAnswer } from './plan.ts';
import { etagOf } from './views.ts';
import { visibleKey } from './visibility.ts';

/** What a route asks for, of a key of this class. */
type ParametersOf<C extends OperationContract> = (
  body: Call<C>['body'],
  keyClass: KeyClass,
) => RequestParameters;

/** `rotate` stands for all that take nothing but a reason. */
type OperationContract = typeof contracts.rotate | typeof contracts.revoke | typeof contracts.destroy;

export const rotate = operationOf<typeof contracts.rotate>('rotate', () => ({
  operation: 'rotate',
  cause: 'request',
}));

export const revoke = operationOf<typeof contracts.revoke>('revoke', ({ mode }) => ({
  operation: 'revoke',
  mode,
}));

export const reinstate = operationOf<typeof contracts.reinstate>('reinstate', () => ({
  operation: 'reinstate',
}));

export const destroy = operationOf<typeof contracts.destroy>('destroy', ({ windowDays }, keyClass) => {
  const shortest = keyClass.deletionWindowDays;
  if (windowDays !== undefined && windowDays < shortest) {
    throw new ClassForbids(
      `Class ${keyClass.name} wants a window of at least ${shortest} days. Leave windowDays out, or make it longer.`,
      { pointer: '/windowDays', allowed: { minimum: shortest } },
    );
  }
  return { operation: 'destroy', windowDays: windowDays ?? shortest };
});

export const cancelDestruction = operationOf<typeof contracts.cancelDestruction>(
  'cancel-destruction',
  () => ({ operation: 'cancel-destruction' }),
);

function operationOf<C extends OperationContract>(operation: Operation, parametersOf: ParametersOf<C>) {
  return (deps: ApiDependencies): Handler<C> =>
    async (call) => {
      const { principal, path, query, body, headers } = call;
      const prepare = async () => {
        const key = await visibleKey(deps, principal, path.keyId);
        const keyClass = classNamed(deps.policies.classes, key.className);
        assertMayAsk(deps, principal, key, keyClass, operation);
        return (now: string) => {
          assertSeen(key, headers['If-Match']);
          const change = submitOperation({
            now,
            requester: principal,
            keyClass,
            reason: body.reason,
            ids: { requestId: `req_${deps.newId()}`, nonce: deps.randomNonce() },
            key,
            parameters: parametersOf(body, keyClass),
          });
          return decidable(deps, change, now);
        };
      };
      if (query.validateOnly) return planAnswer(await (await prepare())(await deps.clock()));
      return acceptedAnswer(deps, principal, await commitOnce(deps, call, prepare));
    };
}

function assertMayAsk(
  { authorization }: Pick<ApiDependencies, 'authorization'>,
  principal: Principal,
  { keyId, owner, className }: KeyRecord,
  keyClass: KeyClass,
  operation: Operation,
): void {
  const approvers = groupsAnswering(approvalOf(keyClass, operation), owner);
  const groups = [...new Set([owner, ...approvers])];
  const key = { keyId, owner, className, approvers };
  assertAllowed(
    authorization.authorize({ action: 'request', principal, key, operation }),
    `You may see this key, not ${operation} it. Ask somebody of: ${groups.join(', ')}.`,
    { groups },
  );
}

function assertSeen(key: KeyRecord, version: '*' | number): void {
  if (version === '*' || version === key.rowVersion) return;
  throw new VersionStale(
    'The key has changed since you read it. Read it again, and decide whether you still want this.',
    { etag: etagOf(key) },
  );
}
