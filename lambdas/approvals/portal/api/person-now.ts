import type { Directory } from '../../../adapters/directory.ts';
import { BackendBusy } from '../../../domain/errors.ts';
import type { Principal } from '../../../domain/principal.ts';
import { asFarAs } from './as-far-as.ts';

/** Somebody with the groups of today; with those of the sign-in too when `fresh` is false. */
export interface PersonNow {
  readonly person: Principal;
  readonly fresh: boolean;
}

/**
 * The directory for looking at things and not for deciding them: while it does not answer, nobody is known to be in any
 * group.
 */
export function forReading(directory: Pick<Directory, 'groupsOf'>): Pick<Directory, 'groupsOf'> {
  return {
    groupsOf: (id, among) => directory.groupsOf(id, among).catch(whileBusy),
  };
}

/** The person with those of the groups that they are in today; as they signed in while the directory does not answer. */
export async function personNow(
  directory: Pick<Directory, 'groupsOf'>,
  person: Principal,
  among: readonly string[],
): Promise<PersonNow> {
  try {
    const groups = await directory.groupsOf(person.id, among);
    return { person: { ...person, groups: [...(groups ?? [])] }, fresh: true };
  } catch (error) {
    whileBusy(error);
    return { person, fresh: false };
  }
}

/** The person with all groups of today, for lists; as they signed in as far as the directory does not answer in time. */
export async function personWithAllGroups(
  directory: Pick<Directory, 'allGroupsOf'>,
  person: Principal,
): Promise<PersonNow> {
  const { groups, complete } = await allGroups(directory, person.id);
  return complete
    ? { person: { ...person, groups }, fresh: true }
    : { person: { ...person, groups: [...new Set([...groups, ...person.groups])] }, fresh: false };
}

/** The groups of somebody, as far as the directory tells them while a page waits. */
export async function allGroups(
  directory: Pick<Directory, 'allGroupsOf'>,
  personId: string,
): Promise<{ readonly groups: string[]; readonly complete: boolean }> {
  const found = await asFarAs(directory.allGroupsOf(personId), {
    most: Number.POSITIVE_INFINITY,
    milliseconds: PATIENCE_MILLISECONDS,
  }).catch(whileBusy);
  return { groups: found?.items ?? [], complete: found?.complete ?? false };
}

/** Of the 28 seconds that the portal's Lambda has. */
const PATIENCE_MILLISECONDS = 5000;

/** What is shown without the directory; it is thrown on what is no matter of its being busy. */
export function whileBusy(error: unknown): undefined {
  if (!(error instanceof BackendBusy)) throw error;
  return undefined;
}
