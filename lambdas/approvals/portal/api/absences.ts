import { beginAgain } from '../../../adapters/begin-again.ts';
import { type AbsenceRecord, absenceOf } from '../../../domain/absence.ts';
import { isBefore } from '../../../domain/cryptoperiod.ts';
import { AbsenceNotFound } from '../../../domain/errors.ts';
import { type Actor, actorOf, type Principal } from '../../../domain/principal.ts';
import { plain } from '../../plain.ts';
import { inputFaults } from '../body.ts';
import { type AbsenceBody, type AbsenceList, absenceBody, nothing } from '../contract.ts';
import { asFarAs, type Limits } from './as-far-as.ts';
import { colleagueOf, colleaguesOf } from './colleagues.ts';
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
  const listOfColleagues = async (
    person: Principal,
  ): Promise<Pick<AbsenceList, 'colleagues' | 'colleaguesComplete'>> => {
    const { items, complete } = await asFarAs(colleaguesOf(deps, person), colleaguesShown);
    const colleagues = items
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map(({ id, name }) => ({ id, name: plain(name) }));
    return { colleagues, colleaguesComplete: complete };
  };
  const substituteOf = async (person: Principal, id: string): Promise<Actor> => {
    const colleague = await colleagueOf(deps, person, id);
    if (colleague !== undefined) return colleague;
    throw inputFaults([
      { pointer: '/substitute', detail: 'Choose somebody of the groups that you decide in.' },
    ]);
  };
  const begin = async (person: Principal, { from, until, substitute: named }: AbsenceBody): Promise<void> => {
    const substitute = named === undefined ? undefined : await substituteOf(person, named);
    const absenceId = `abs_${newId()}`;
    await beginAgain(async () => {
      const others = await registry.absencesOf(person.id);
      const absence = absenceOf(
        {
          absenceId,
          person: actorOf(person),
          from,
          until,
          ...(substitute === undefined ? {} : { substitute }),
        },
        others,
        await clock(),
      );
      return () => registry.beginAbsence(absence, others);
    });
  };
  return [
    get('absences', async ({ session: { person } }) => {
      const [list, colleagues] = await Promise.all([
        listFor(person),
        listOfColleagues(person).catch(whileBusy),
      ]);
      return { body: { ...list, ...colleagues } };
    }),

    post('absences', absenceBody, async ({ session: { person }, body }) => {
      await begin(person, body);
      return { body: await listFor(person) };
    }),

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

/** Each may cost a call of the directory, ten of which are made in a second. */
const colleaguesShown: Limits = { most: 100, milliseconds: 12_000 };

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
