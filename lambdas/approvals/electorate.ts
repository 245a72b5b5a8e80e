import type { Directory } from '../adapters/directory.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { awayNow } from '../domain/absence.ts';
import type { Change } from '../domain/change.ts';
import { assertDecidable, assertNotHopeless, groupsToKnow, isDecidable } from '../domain/eligibility.ts';
import type { Actor } from '../domain/principal.ts';

export interface ElectorateDependencies {
  readonly registry: Pick<Registry, 'absencesOf'>;
  readonly directory: Pick<Directory, 'membersOf'>;
}

/**
 * Gives a request back that is about to be taken. Throws NobodyEligible when the people of its rule's groups, as the
 * directory has them now, could never make its quorum without the requester: it would wait for ever. Throws BackendBusy
 * when the directory does not answer. It is asked about no more people than it takes: until there are enough, or until
 * groups of which everybody is known leave a place of the quorum empty.
 */
export async function decidable<C extends Pick<Change, 'request'>>(
  { registry, directory }: ElectorateDependencies,
  change: C,
  now: string,
): Promise<C> {
  const request = change.request?.after;
  if (request === undefined || request.approval.quorum === 0) return change;
  const { approval, owner, requester } = request;
  const groups = groupsToKnow(approval, owner);
  const members = new Map(groups.map((group): [string, Actor[]] => [group, []]));
  const absences = absencesSeen(registry, now);
  const electorate = { members, away: absences.away };
  for await (const { found, unknown } of inTurn(directory, groups)) {
    for (const [group, member] of found) {
      members.get(group)?.push(member);
      await absences.look(member.id);
      if (isDecidable(approval, owner, requester.id, electorate)) return change;
    }
    assertNotHopeless(approval, owner, requester.id, electorate, unknown);
  }
  assertDecidable(approval, owner, requester.id, electorate);
  return change;
}

interface Round {
  readonly found: readonly (readonly [group: string, member: Actor])[];
  /** The groups that may have more members. */
  readonly unknown: ReadonlySet<string>;
}

/** The members of all groups, one of each in turn: a large group keeps no small one waiting. */
async function* inTurn(
  directory: ElectorateDependencies['directory'],
  groups: readonly string[],
): AsyncGenerator<Round> {
  let open = groups.map((group) => ({ group, members: directory.membersOf(group)[Symbol.asyncIterator]() }));
  try {
    while (open.length > 0) {
      const round = await Promise.all(open.map(async (each) => ({ each, next: await each.members.next() })));
      open = round.filter(({ next }) => next.done !== true).map(({ each }) => each);
      yield {
        found: round.flatMap(({ each, next }) =>
          next.done === true ? [] : [[each.group, next.value] as const],
        ),
        unknown: new Set(open.map(({ group }) => group)),
      };
    }
  } finally {
    for (const { members } of open) await members.return?.();
  }
}

/** Who is away of those looked at. A substitute may be in none of the groups, and away as well. */
function absencesSeen(registry: ElectorateDependencies['registry'], now: string) {
  const away = new Map<string, Actor | undefined>();
  const seen = new Set<string>();
  const look = async (id: string): Promise<void> => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const [who, substitute] of awayNow(await registry.absencesOf(id), now)) {
      away.set(who, substitute);
      if (substitute !== undefined) await look(substitute.id);
    }
  };
  return { away, look };
}
