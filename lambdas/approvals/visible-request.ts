import type { Authorization } from '../adapters/authorization.ts';
import type { Directory } from '../adapters/directory.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isAway } from '../domain/absence.ts';
import { type Access, maySee } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import { RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import { identifier } from '../domain/formats.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Principal } from '../domain/principal.ts';
import { escalationGroups, groupsAnswering, type StandIn } from '../domain/quorum.ts';
import type { DecisionRecord, RequestRecord } from '../domain/request.ts';
import { assertUntouched } from '../domain/untouched.ts';

export interface Subject {
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  /** Oldest first. */
  readonly decisions: readonly DecisionRecord[];
  /** Whose place the person may take now. */
  readonly standIns: readonly StandIn[];
}

export interface Visibility {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'getDecisions' | 'standInsOf'>;
  readonly directory: Pick<Directory, 'groupsOf'>;
  readonly clock: Clock;
  readonly access: Access;
  readonly authorization: Pick<Authorization, 'groups'>;
}

/**
 * A request with all that its page shows. Throws RequestNotFound, alike for one that is not there and one that this
 * person may see neither in their own right nor in anybody's place; and RecordCorrupt for one that is not what was asked
 * for, which nobody is to decide on.
 */
export async function visibleRequest(
  deps: Visibility,
  person: Principal,
  requestId: string,
): Promise<Subject> {
  const { registry, access } = deps;
  const request = await requestOf(registry, requestId);
  const among = groupsThatMatter(deps, request);
  const standIns = await standInsOf(
    deps,
    person.id,
    async (id) => (await deps.directory.groupsOf(id, among)) ?? [],
  );
  if (
    request === undefined ||
    ![person, ...standIns].some(({ groups }) => sees(person, groups, request, access))
  ) {
    throw new RequestNotFound('There is no such request, or you may not see it.');
  }
  const key = await registry.getKey(request.keyId);
  if (key === undefined) {
    throw new RecordCorrupt(`Request ${requestId} names the key ${request.keyId}, which is not there.`, {
      requestId,
    });
  }
  assertUntouched(request, key);
  // Last: a decision that the request's row version does not count yet refuses the commit.
  return { request, key, decisions: await registry.getDecisions(requestId), standIns };
}

/** The request of an id that somebody gave. */
export async function requestOf(
  registry: Pick<Registry, 'getRequest'>,
  requestId: string,
): Promise<RequestRecord | undefined> {
  return identifier('req').safeParse(requestId).success ? registry.getRequest(requestId) : undefined;
}

/**
 * The groups by which it is decided what somebody may see and do of a request: its own, the auditors', and those that the
 * organisation's policies name. The directory is asked about no others.
 */
export function groupsThatMatter(
  { access, authorization }: Pick<Visibility, 'access' | 'authorization'>,
  request: Pick<RequestRecord, 'owner' | 'approval'> | undefined,
): string[] {
  const own = request === undefined ? [] : [request.owner, ...decidingGroups(request)];
  return [...new Set([...own, ...access.auditors, ...authorization.groups])];
}

/** Whom this person stands in for now, each with the groups that they have now. */
export async function standInsOf(
  { registry, clock }: Pick<Visibility, 'clock'> & { readonly registry: Pick<Registry, 'standInsOf'> },
  personId: string,
  groupsOf: (personId: string) => Promise<readonly string[]>,
): Promise<StandIn[]> {
  const absences = await registry.standInsOf(personId);
  if (absences.length === 0) return [];
  const now = await clock();
  return Promise.all(
    absences
      .filter((absence) => isAway(absence, now))
      .map(async ({ absenceId, person }) => ({
        person,
        absenceId,
        groups: [...(await groupsOf(person.id))],
      })),
  );
}

function sees(person: Principal, groups: readonly string[], request: RequestRecord, access: Access): boolean {
  const { requester, owner } = request;
  return (
    requester.id === person.id ||
    maySee({ ...person, groups: [...groups] }, owner, decidingGroups(request), access)
  );
}

function decidingGroups({ approval, owner }: Pick<RequestRecord, 'approval' | 'owner'>): string[] {
  return [...groupsAnswering(approval, owner), ...escalationGroups(approval, owner)];
}
