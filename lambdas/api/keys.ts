import { assertAllowed } from '../adapters/authorization.ts';
import { decidable } from '../approvals/electorate.ts';
import { ClassUnknown, NameTaken } from '../domain/errors.ts';
import { classNamed, type KeyClass, type KeyClasses } from '../domain/key-class.ts';
import type { Principal } from '../domain/principal.ts';
import { submitGenerate } from '../domain/submission.ts';
import { acceptedAnswer } from './accept.ts';
import { commitOnce } from './commit-once.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { listAnswer } from './list.ts';
import { planAnswer } from './plan.ts';
import { etagOf, viewKey } from './views.ts';
import { keyNotFound, sees } from './visibility.ts';

export function createKey(deps: ApiDependencies): Handler<typeof contracts.createKey> {
  return async (call) => {
    const { principal, body, query } = call;
    const prepare = async () => {
      assertMayCreate(deps, principal, body);
      return (now: string) => {
        const change = submitGenerate({
          now,
          requester: principal,
          keyClass: classAskedFor(deps.policies.classes, body.class),
          reason: body.reason,
          ids: { keyId: `key_${deps.newId()}`, requestId: `req_${deps.newId()}`, nonce: deps.randomNonce() },
          newKey: body,
        });
        return decidable(deps, change, now);
      };
    };
    if (query.validateOnly) {
      const change = await (await prepare())(await deps.clock());
      await assertNameFree(deps, change.key.after.alias);
      return planAnswer(change);
    }
    return acceptedAnswer(deps, principal, await commitOnce(deps, call, prepare));
  };
}

/** A key that is not there yet has no approvers: it is its owners' to ask for. */
function assertMayCreate(
  { authorization }: ApiDependencies,
  principal: Principal,
  { owner, class: className }: { readonly owner: string; readonly class: string },
): void {
  const key = { keyId: 'new', owner, className, approvers: [] };
  assertAllowed(
    authorization.authorize({ action: 'request', principal, key, operation: 'generate' }),
    `You are not in the group ${owner}. Ask somebody who is.`,
    { pointer: '/owner' },
  );
}

/** What else the commit finds out. */
async function assertNameFree({ registry }: ApiDependencies, alias: string): Promise<void> {
  const keyId = await registry.holderOfAlias(alias);
  if (keyId === undefined) return;
  throw new NameTaken(`${alias} belongs to ${keyId}. Choose another name, or use that key.`, {
    pointer: '/name',
    keyId,
  });
}

function classAskedFor(classes: KeyClasses, name: string): KeyClass {
  try {
    return classNamed(classes, name);
  } catch (error) {
    if (!(error instanceof ClassUnknown)) throw error;
    throw new ClassUnknown(error.message, { ...error.details, pointer: '/class' }, { cause: error });
  }
}

export function listKeys(deps: ApiDependencies): Handler<typeof contracts.listKeys> {
  return async ({ principal, query }) => {
    const { items, nextPageToken } = await listAnswer(deps.policies, principal, query, {
      name: 'keys',
      read: (filter, page) => deps.registry.listKeys(filter, page),
    });
    return { status: 200, body: { keys: items.map((key) => viewKey(key)), nextPageToken } };
  };
}

export function getKey({ registry, policies }: ApiDependencies): Handler<typeof contracts.getKey> {
  return async ({ principal, path: { keyId } }) => {
    const found = await registry.getKeyWithVersions(keyId);
    if (found === undefined || !sees(policies, principal, found.key)) throw keyNotFound(keyId);
    return {
      status: 200,
      body: viewKey(found.key, found.versions),
      headers: { ETag: etagOf(found.key) },
    };
  };
}
