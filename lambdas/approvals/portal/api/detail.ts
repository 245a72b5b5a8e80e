import type { Directory } from '../../../adapters/directory.ts';
import type { Principal } from '../../../domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../../../domain/request.ts';
import { plain } from '../../plain.ts';
import { factsOf } from '../../request-facts.ts';
import { groupsThatMatter, type Subject, visibleRequest } from '../../visible-request.ts';
import type { RequestDetail } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { evidenceShown } from './evidence.ts';
import { historyOf } from './history.ts';
import { mayOf } from './may.ts';
import { forReading, personNow } from './person-now.ts';
import { counts, nameOf, summaryOf } from './summary.ts';

/**
 * A request with all that its page shows to this person. Throws RequestNotFound, alike for one that is not there and one
 * that the person may not see; and RecordCorrupt for one that is not what was asked for.
 */
export async function detailFor(deps: Seeing, person: Principal, requestId: string): Promise<RequestDetail> {
  const subject = await seen(deps, person, requestId);
  const { request, key, decisions } = subject;
  const [asking, passkeys, ledger] = await Promise.all([
    personNow(deps.directory, person, groupsThatMatter(mattering(deps), request)),
    deps.registry.passkeysOf(person.id),
    deps.registry.getWholeLedger(key.keyId),
  ]);
  const { asked, rule } = factsOf(request, key);
  const evidence = evidenceShown(request, key);
  return {
    ...summaryOf(request, key, decisions),
    state: request.state,
    digest: request.digest,
    alias: key.alias,
    asked: [...asked],
    rule: [...rule],
    ...(evidence === undefined ? {} : { evidence }),
    decisions: decisions.map((decision) => decisionShown(request, decision, person)),
    history: historyOf(ledger, requestId),
    may: mayOf(subject, await deps.clock(), { ...asking, passkeys: passkeys.length }),
  };
}

/** What it takes to look at a request. */
type Seeing = Omit<ApiDependencies, 'directory'> & { readonly directory: Pick<Directory, 'groupsOf'> };

/** What somebody looks at; to decide, the directory has to answer. */
export function seen(deps: Seeing, person: Principal, requestId: string): Promise<Subject> {
  const { registry, directory, clock } = deps;
  return visibleRequest(
    { registry, directory: forReading(directory), clock, ...mattering(deps) },
    person,
    requestId,
  );
}

function mattering({ policies, authorization }: Pick<Seeing, 'policies' | 'authorization'>) {
  return { access: policies.access, authorization };
}

function decisionShown(
  request: RequestRecord,
  decision: DecisionRecord,
  visitor: Principal,
): RequestDetail['decisions'][number] {
  const { person, verdict, reason, channel, mfa, passkey, behalf, decidedAt } = decision;
  return {
    person: nameOf(person),
    mine: person.id === visitor.id,
    verdict,
    reason: plain(reason),
    channel,
    mfa,
    passkey: passkey !== undefined,
    ...(behalf === undefined ? {} : { behalf: nameOf(behalf.person) }),
    decidedAt,
    counts: counts(request, decision),
  };
}
