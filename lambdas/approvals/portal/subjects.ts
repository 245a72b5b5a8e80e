import type { Policies } from '../../adapters/policy-files.ts';
import type { Registry } from '../../adapters/registry/registry.ts';
import { maySee } from '../../domain/access.ts';
import { RecordCorrupt, RequestNotFound } from '../../domain/errors.ts';
import { groupsAnswering } from '../../domain/quorum.ts';
import type { RequestRecord } from '../../domain/request.ts';
import { type Subject, whyNotToDecide } from './request-page.ts';
import type { Session } from './sessions.ts';

interface Reads {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'getDecisions' | 'listRequests'>;
  readonly policies: Pick<Policies, 'access'>;
}

const MOST_LISTED = 50;
const PAGE = 25;

/** Throws RequestNotFound, alike for a request that is not there and one that this person may not see. */
export async function readSubject(
  { registry, policies }: Reads,
  { person }: Session,
  requestId: string,
): Promise<Subject> {
  const request = await registry.getRequest(requestId);
  if (
    request === undefined ||
    !maySee(person, request.owner, groupsAnswering(request.approval, request.owner), policies.access)
  ) {
    throw new RequestNotFound(`There is no request ${requestId}, or you may not see it.`);
  }
  return complete(registry, request);
}

/** What waits for a decision of this person. */
export async function waitingFor(
  { registry }: Reads,
  session: Session,
  now: string,
): Promise<{ readonly subjects: readonly Subject[]; readonly more: boolean }> {
  const subjects: Subject[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.listRequests(
      { state: 'awaiting-approval' },
      { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    );
    // Most are for others: only what may be this person's is read whole.
    const candidates = page.items.filter(
      (request) => whyNotToDecide({ request, decisions: [] }, session, now) === undefined,
    );
    const read = await Promise.all(candidates.map((request) => complete(registry, request)));
    subjects.push(...read.filter((subject) => whyNotToDecide(subject, session, now) === undefined));
    cursor = page.next;
  } while (cursor !== undefined && subjects.length < MOST_LISTED);
  return { subjects, more: cursor !== undefined };
}

/** The decisions are read last: one that the request does not know of yet refuses the commit. */
async function complete(
  registry: Pick<Registry, 'getKey' | 'getDecisions'>,
  request: RequestRecord,
): Promise<Subject> {
  const { requestId, keyId } = request;
  const key = await registry.getKey(keyId);
  if (key === undefined) throw new RecordCorrupt(`The key ${keyId} of ${requestId} is not there.`, { keyId });
  return { request, key, decisions: await registry.getDecisions(requestId) };
}
