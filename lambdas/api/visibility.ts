import { maySee } from '../domain/access.ts';
import { KeyNotFound, RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Principal } from '../domain/principal.ts';
import { groupsAnswering } from '../domain/quorum.ts';
import type { RequestRecord } from '../domain/request.ts';
import type { ApiDependencies } from './dependencies.ts';

type Policies = ApiDependencies['policies'];

/** Whether a caller may see a key, or a request on one: its owner, who approves anything of its class, auditors. */
export function sees(
  { classes, access }: Policies,
  principal: Principal,
  { owner, className, ...item }: Pick<KeyRecord, 'owner' | 'className'> | RequestRecord,
): boolean {
  const rules = classes
    .filter(({ name }) => name === className)
    .flatMap(({ approvals }) => Object.values(approvals));
  // The request keeps the rule it was made under, whatever its class says by now.
  const own = 'approval' in item ? [item.approval] : [];
  const groups = [...rules, ...own].flatMap((rule) => groupsAnswering(rule, owner));
  return maySee(principal, owner, groups, access);
}

/** Whether a caller may list what an owner has. */
export function seesOwner({ classes, access }: Policies, principal: Principal, owner: string): boolean {
  const rules = classes.flatMap(({ approvals }) => Object.values(approvals));
  return maySee(
    principal,
    owner,
    rules.flatMap((rule) => groupsAnswering(rule, owner)),
    access,
  );
}

/** Throws KeyNotFound, alike for a key that is not there and one the caller may not see. */
export async function visibleKey(
  { registry, policies }: Pick<ApiDependencies, 'registry' | 'policies'>,
  principal: Principal,
  keyId: string,
): Promise<KeyRecord> {
  const key = await registry.getKey(keyId);
  if (key === undefined || !sees(policies, principal, key)) throw keyNotFound(keyId);
  return key;
}

export function keyNotFound(keyId: string): KeyNotFound {
  return new KeyNotFound(
    `There is no key ${keyId}, or you may not see it. Check the id with GET /v1/keys, which lists those you may see.`,
  );
}

/** Throws RequestNotFound, alike for a request that is not there and one the caller may not see. */
export async function visibleRequest(
  { registry, policies }: Pick<ApiDependencies, 'registry' | 'policies'>,
  principal: Principal,
  requestId: string,
): Promise<RequestRecord> {
  const request = await registry.getRequest(requestId);
  if (request === undefined || !sees(policies, principal, request)) {
    throw new RequestNotFound(
      `There is no request ${requestId}, or you may not see it. Check the id with GET /v1/requests, which lists those you may see.`,
    );
  }
  return request;
}

/** The key of a request, which is there as long as the request is. */
export async function keyOf(
  { registry }: Pick<ApiDependencies, 'registry'>,
  { keyId, requestId }: RequestRecord,
): Promise<KeyRecord> {
  const key = await registry.getKey(keyId);
  if (key === undefined) throw new RecordCorrupt(`The key ${keyId} of ${requestId} is not there.`, { keyId });
  return key;
}
