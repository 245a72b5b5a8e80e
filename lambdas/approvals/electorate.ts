import type { Directory } from '../adapters/directory.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { awayNow } from '../domain/absence.ts';
import type { Change } from '../domain/change.ts';
import { assertDecidable, type Electorate, groupsToKnow } from '../domain/eligibility.ts';
import type { Actor } from '../domain/principal.ts';

export interface ElectorateDependencies {
  readonly registry: Pick<Registry, 'absencesOf'>;
  readonly directory: Pick<Directory, 'membersOf'>;
}

/**
 * Gives a request back that is about to be taken. Throws NobodyEligible when the people of its rule's groups, as the
 * directory has them now, could never make its quorum without the requester: it would wait for ever. Throws BackendBusy
 * when the directory does not answer.
 */
export async function decidable<C extends Pick<Change, 'request'>>(
  deps: ElectorateDependencies,
  change: C,
  now: string,
): Promise<C> {
  const request = change.request?.after;
  if (request === undefined || request.approval.quorum === 0) return change;
  const { approval, owner, requester } = request;
  const electorate = await electorateOf(deps, groupsToKnow(approval, owner), now);
  assertDecidable(approval, owner, requester.id, electorate);
  return change;
}

async function electorateOf(
  { registry, directory }: ElectorateDependencies,
  groups: readonly string[],
  now: string,
): Promise<Electorate> {
  const members = new Map<string, readonly Actor[]>(
    await Promise.all(groups.map(async (group) => [group, await directory.membersOf(group)] as const)),
  );
  const people = [...new Set([...members.values()].flat().map(({ id }) => id))];
  const absences = await Promise.all(people.map((id) => registry.absencesOf(id)));
  // A substitute may be in none of the groups, and away as well.
  const away = awayNow(absences.flat(), now);
  const substitutes = [...away.values()].flatMap((substitute) => (substitute ? [substitute.id] : []));
  const others = await Promise.all(substitutes.map((id) => registry.absencesOf(id)));
  return { members, away: new Map([...awayNow(others.flat(), now), ...away]) };
}
