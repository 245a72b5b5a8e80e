import type { Directory } from '../../../adapters/directory.ts';
import { type AbsenceRecord, absenceOf } from '../../../domain/absence.ts';
import { isBefore } from '../../../domain/cryptoperiod.ts';
import { AbsenceNotFound } from '../../../domain/errors.ts';
import { type Actor, actorOf, type Principal } from '../../../domain/principal.ts';
import { plain } from '../../plain.ts';
import { asOfNow } from '../../take-decision.ts';
import { inputFaults } from '../body.ts';
import { type AbsenceList, absenceBody, nothing } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { get, post, type Route } from './route.ts';
import { nameOf } from './summary.ts';

export function absenceRoutes(deps: ApiDependencies): Route[] {
  const { registry, directory, clock, newId } = deps;
  const listFor = async ({ id }: Principal, colleagues: readonly Actor[]): Promise<AbsenceList> => {
    const [mine, standingIn, now] = await Promise.all([
      registry.absencesOf(id),
      registry.standInsOf(id),
      clock(),
    ]);
    return {
      mine: shown(mine, now),
      standingIn: shown(standingIn, now),
      colleagues: colleagues.map((colleague) => ({ id: colleague.id, name: plain(colleague.name) })),
    };
  };
  return [
    get('absences', async ({ session: { person } }) => ({
      body: await listFor(person, await colleaguesOf(directory, person)),
    })),

    post(
      'absences',
      absenceBody,
      async ({ session: { person }, body: { from, until, substitute: named } }) => {
        const colleagues = await colleaguesOf(directory, person);
        const substitute = named === undefined ? undefined : colleagues.find(({ id }) => id === named);
        if (named !== undefined && substitute === undefined) {
          throw inputFaults([{ pointer: '/substitute', detail: 'Choose somebody of your own groups.' }]);
        }
        const absence = absenceOf(
          {
            absenceId: `abs_${newId()}`,
            person: actorOf(person),
            from,
            until,
            ...(substitute === undefined ? {} : { substitute }),
          },
          await clock(),
        );
        await registry.putAbsence(absence);
        return { body: await listFor(person, colleagues) };
      },
    ),

    post('absences/{absenceId}/end', nothing, async ({ session: { person }, path: { absenceId } }) => {
      const colleagues = await colleaguesOf(directory, person);
      const absence = (await registry.absencesOf(person.id)).find((each) => each.absenceId === absenceId);
      if (absence === undefined)
        throw new AbsenceNotFound('You have no such absence. Look at the list again.');
      if (absence.endedAt === undefined) {
        await registry.putAbsence({ ...absence, endedAt: await clock() });
      }
      return { body: await listFor(person, colleagues) };
    }),
  ];
}

/** Everybody else in the groups that the directory has the person in, by name. */
async function colleaguesOf(directory: Directory, person: Principal): Promise<Actor[]> {
  const { groups } = await asOfNow(directory, person);
  const members = await Promise.all(groups.map((group) => directory.membersOf(group)));
  const byId = new Map(members.flat().map((member) => [member.id, member]));
  byId.delete(person.id);
  return [...byId.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Those that are not over, the first to begin first. */
function shown(absences: readonly AbsenceRecord[], now: string): AbsenceList['mine'] {
  return absences
    .filter(({ until, endedAt }) => endedAt === undefined && isBefore(now, until))
    .toSorted((a, b) => a.from.localeCompare(b.from))
    .map(absenceShown);
}

function absenceShown({
  absenceId,
  person,
  substitute,
  from,
  until,
}: AbsenceRecord): AbsenceList['mine'][number] {
  return {
    absenceId,
    person: nameOf(person),
    ...(substitute === undefined ? {} : { substitute: nameOf(substitute) }),
    from,
    until,
  };
}
