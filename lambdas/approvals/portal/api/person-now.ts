import type { Directory } from '../../../adapters/directory.ts';
import { BackendBusy } from '../../../domain/errors.ts';
import type { Principal } from '../../../domain/principal.ts';

/**
 * The directory for looking at things and not for deciding them: while it does not answer, nobody is known to be in any
 * group.
 */
export function forReading(directory: Pick<Directory, 'groupsOf'>): Pick<Directory, 'groupsOf'> {
  return {
    groupsOf: (id) => directory.groupsOf(id).catch(whileBusy),
  };
}

/** The person with the groups of today; with those of the sign-in while the directory does not answer. */
export async function personNow(
  directory: Pick<Directory, 'groupsOf'>,
  person: Principal,
): Promise<{ readonly person: Principal; readonly fresh: boolean }> {
  try {
    const groups = await directory.groupsOf(person.id);
    return { person: { ...person, groups: [...(groups ?? [])] }, fresh: true };
  } catch (error) {
    whileBusy(error);
    return { person, fresh: false };
  }
}

/** What is shown without the directory; it is thrown on what is no matter of its being busy. */
export function whileBusy(error: unknown): undefined {
  if (!(error instanceof BackendBusy)) throw error;
  return undefined;
}
