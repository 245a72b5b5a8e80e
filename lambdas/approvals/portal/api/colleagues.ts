import type { Actor, Principal } from '../../../domain/principal.ts';
import { approverGroups, escalationGroups } from '../../../domain/quorum.ts';
import { asOfNow } from '../../take-decision.ts';
import type { ApiDependencies } from './dependencies.ts';

/** What rules call the group that owns the key. */
const OWNER = 'owner';

/**
 * Everybody else in the groups in which a person decides anything: a rule of some class names them, or they own keys and
 * a rule names the owner. Whoever is only in other groups, such as one of the whole company, could not stand in for
 * anything. Throws NotAnApprover for a stranger to the directory, and BackendBusy when it does not answer.
 */
export async function* colleaguesOf(
  { directory, registry, policies }: Pick<ApiDependencies, 'directory' | 'registry' | 'policies'>,
  person: Principal,
): AsyncGenerator<Actor> {
  const { groups } = await asOfNow(directory, person);
  const named = groupsNamed(policies.classes);
  const known = new Set([person.id]);
  for (const group of groups) {
    if (!named.has(group) && !(named.has(OWNER) && (await ownsKeys(registry, group)))) continue;
    for await (const member of directory.membersOf(group)) {
      if (known.has(member.id)) continue;
      known.add(member.id);
      yield member;
    }
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
