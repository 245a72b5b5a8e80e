import { type AbsenceRecord, absenceOf } from '../../../domain/absence.ts';
import { isBefore } from '../../../domain/cryptoperiod.ts';
import { AbsenceNotFound } from '../../../domain/errors.ts';
import { type Actor, actorOf, type Principal } from '../../../domain/principal.ts';
import { plain } from '../../plain.ts';
import { inputFaults } from '../body.ts';
import { type AbsenceList, absenceBody, nothing } from '../contract.ts';
import { colleaguesOf } from './colleagues.ts';
import type { ApiDependencies } from './dependencies.ts';
import { whileBusy } from './person-now.ts';
import { get, post, type Route } from './route.ts';
import { nameOf } from './summary.ts';

export function absenceRoutes(deps: ApiDependencies): Route[] {
  const { registry, clock, newId } = deps;
  const listFor = async ({ id }: Principal): Promise<AbsenceList> => {
    const [mine, standingIn, now] = await Promise.all([
      registry.absencesOf(id),
      registry.standInsOf(id),
      clock(),
    ]);
    return { mine: shown(mine, now), standingIn: shown(standingIn, now) };
  };
  const listOfColleagues = async (person: Principal): Promise<AbsenceList['colleagues']> => {
    const colleagues: Actor[] = [];
    for await (const colleague of colleaguesOf(deps, person)) colleagues.push(colleague);
    return colleagues
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map(({ id, name }) => ({ id, name: plain(name) }));
  };
  const colleagueOf = async (person: Principal, id: string): Promise<Actor> => {
    for await (const colleague of colleaguesOf(deps, person)) if (colleague.id === id) return colleague;
    throw inputFaults([
      { pointer: '/substitute', detail: 'Choose somebody of the groups that you decide in.' },
    ]);
  };
  return [
    get('absences', async ({ session: { person } }) => {
      const colleagues = await listOfColleagues(person).catch(whileBusy);
      return { body: { ...(await listFor(person)), ...(colleagues === undefined ? {} : { colleagues }) } };
    }),

    post(
      'absences',
      absenceBody,
      async ({ session: { person }, body: { from, until, substitute: named } }) => {
        const substitute = named === undefined ? undefined : await colleagueOf(person, named);
        const absence = absenceOf(
          {
            absenceId: `abs_${newId()}`,
            person: actorOf(person),
            from,
            until,
            ...(substitute === undefined ? {} : { substitute }),
          },
          await registry.absencesOf(person.id),
          await clock(),
        );
        await registry.putAbsence(absence);
        return { body: await listFor(person) };
      },
    ),

    post('absences/{absenceId}/end', nothing, async ({ session: { person }, path: { absenceId } }) => {
      const absence = (await registry.absencesOf(person.id)).find((each) => each.absenceId === absenceId);
      if (absence === undefined)
        throw new AbsenceNotFound('You have no such absence. Look at the list again.');
      if (absence.endedAt === undefined) {
        await registry.putAbsence({ ...absence, endedAt: await clock() });
      }
      return { body: await listFor(person) };
    }),
  ];
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
