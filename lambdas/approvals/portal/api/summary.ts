import { shortDigest } from '../../../domain/digest.ts';
import type { KeyRecord } from '../../../domain/key.ts';
import type { Actor } from '../../../domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../../../domain/request.ts';
import { plain } from '../../plain.ts';
import type { RequestSummary } from '../contract.ts';

/** A request in a line of a list. Other people's words are shown in one line, whatever they hold. */
export function summaryOf(
  request: RequestRecord,
  key: KeyRecord,
  decisions: readonly DecisionRecord[],
): RequestSummary {
  const { requestId, parameters, requester, reason, className, digest, createdAt, expiresAt, approval } =
    request;
  return {
    requestId,
    operation: parameters.operation,
    key: `${key.owner}/${key.name}`,
    className,
    requestedBy: nameOf(requester),
    reason: plain(reason),
    shortDigest: shortDigest(digest),
    createdAt,
    expiresAt,
    approved: decisions.filter((decision) => decision.verdict === 'approve' && counts(request, decision))
      .length,
    quorum: approval.quorum,
  };
}

/** The name is what somebody calls themselves; the id is what the sign-in vouches for. */
export function nameOf({ name, id }: Pick<Actor, 'name' | 'id'>): string {
  return plain(`${name} (${id})`);
}

/** A decision is on one digest: when what was shown has changed since, it stays recorded and no longer counts. */
export function counts({ digest }: RequestRecord, decision: DecisionRecord): boolean {
  return decision.digest === digest;
}
