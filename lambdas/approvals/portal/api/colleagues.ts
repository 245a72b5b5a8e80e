import type { Actor, Principal } from '../../../domain/principal.ts';
import { approverGroups, escalationGroups } from '../../../domain/quorum.ts';
import type { ApiDependencies } from './dependencies.ts';

type Asked = Pick<ApiDependencies, 'directory' | 'registry' | 'policies'>;

/** What rules call the group that owns the key. */
const OWNER = 'owner';

/**
 * Everybody else in the groups in which a person decides anything: a rule of some class names them, or they own keys and
 * a rule names the owner. Whoever is only in other groups, such as one of the whole company, could not stand in for
 * anything. Each may cost a call of the directory. Throws BackendBusy when it does not answer.
 */
export async function* colleaguesOf(deps: Asked, person: Principal): AsyncGenerator<Actor> {
  const known = new Set([person.id]);
  for await (const groups of decidingGroups(deps, person)) {
    for (const group of groups) {
      for await (const member of deps.directory.membersOf(group)) {
        if (known.has(member.id)) continue;
        known.add(member.id);
        yield member;
      }
    }
  }
}

/**
 * The person of an id if they are such a colleague. It is asked about no members of any group, so that whoever the list
 * of colleagues has no room for can be named as well. Throws BackendBusy when the directory does not answer.
 */
export async function colleagueOf(deps: Asked, person: Principal, id: string): Promise<Actor | undefined> {
  const colleague = id === person.id ? undefined : await deps.directory.personOf(id);
  if (colleague === undefined) return undefined;
  for await (const groups of decidingGroups(deps, person)) {
    const shared = await deps.directory.groupsOf(id, groups);
    if (shared !== undefined && shared.length > 0) return colleague;
  }
  return undefined;
}

/**
 * The groups in which a person decides anything today: first those that can be asked about by name, because a rule or the
 * sign-in names them, and then what else is found among all of theirs.
 */
async function* decidingGroups(
  { directory, registry, policies }: Asked,
  person: Principal,
): AsyncGenerator<readonly string[]> {
  const named = groupsNamed(policies.classes);
  const owners = named.has(OWNER)
    ? await Promise.all(person.groups.map(async (group) => ((await ownsKeys(registry, group)) ? group : [])))
    : [];
  const likely = new Set([...[...named].filter((group) => group !== OWNER), ...owners.flat()]);
  yield (await directory.groupsOf(person.id, [...likely])) ?? [];
  if (!named.has(OWNER)) return;
  for await (const group of directory.allGroupsOf(person.id)) {
    if (!likely.has(group) && (await ownsKeys(registry, group))) yield [group];
  }
}

function groupsNamed(classes: ApiDependencies['policies']['classes']): ReadonlySet<string> {
  const rules = classes.flatMap(({ approvals, emergency }) =>
    Object.values(approvals).concat(emergency?.ratification ?? []),
  );
  return new Set(rules.flatMap((rule) => approverGroups(rule, OWNER).concat(escalationGroups(rule, OWNER))));
}

async function ownsKeys(registry: Pick<ApiDependencies['registry'], 'listKeys'>, group: string) {
  const { items } = await registry.listKeys({ owner: group }, { limit: 1 });
  return items.length > 0;
}
