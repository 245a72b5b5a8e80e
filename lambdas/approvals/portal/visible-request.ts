import type { Registry } from '../../adapters/registry/registry.ts';
import { type Access, maySee } from '../../domain/access.ts';
import { RecordCorrupt, RequestNotFound } from '../../domain/errors.ts';
import { identifier } from '../../domain/formats.ts';
import type { KeyRecord } from '../../domain/key.ts';
import type { Principal } from '../../domain/principal.ts';
import { groupsAnswering } from '../../domain/quorum.ts';
import type { DecisionRecord, RequestRecord } from '../../domain/request.ts';

export interface Subject {
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  /** Oldest first. */
  readonly decisions: readonly DecisionRecord[];
}

/**
 * A request with all that its page shows. Throws RequestNotFound, alike for one that is not there and one that this
 * person may not see.
 */
export async function visibleRequest(
  {
    registry,
    access,
  }: { readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'getDecisions'>; readonly access: Access },
  person: Principal,
  requestId: string,
): Promise<Subject> {
  const known = identifier('req').safeParse(requestId).success;
  const request = known ? await registry.getRequest(requestId) : undefined;
  if (request === undefined || !sees(person, request, access)) {
    throw new RequestNotFound('There is no such request, or you may not see it.');
  }
  const key = await registry.getKey(request.keyId);
  if (key === undefined) {
    throw new RecordCorrupt(`Request ${requestId} names the key ${request.keyId}, which is not there.`, {
      requestId,
    });
  }
  // Last: a decision that the request's row version does not count yet refuses the commit.
  return { request, key, decisions: await registry.getDecisions(requestId) };
}

function sees(person: Principal, { requester, owner, approval }: RequestRecord, access: Access): boolean {
  return requester.id === person.id || maySee(person, owner, groupsAnswering(approval, owner), access);
}
