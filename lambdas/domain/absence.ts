import * as z from 'zod';
import { compareDurations, isBefore } from './cryptoperiod.ts';
import { InvalidInput } from './errors.ts';
import { identifier, timestamp } from './formats.ts';
import { type Actor, actor } from './principal.ts';

/**
 * A person is away for a time: not told, not counted on, and perhaps stood in for. The substitute decides with the
 * person's groups, for as long as the absence lasts and no longer.
 */
export const absenceRecord = z.strictObject({
  absenceId: identifier('abs'),
  person: actor,
  from: timestamp,
  until: timestamp,
  substitute: actor.optional(),
  createdAt: timestamp,
  /** The person was back before `until`. */
  endedAt: timestamp.optional(),
});
export type AbsenceRecord = z.infer<typeof absenceRecord>;

const LONGEST = 'P1Y';

/**
 * A new absence, beside those that the person has already. Throws InvalidInput when it does not end after it begins, lies
 * in the past, is too long, names the person as their own substitute, or falls into the time of another: one person's
 * authority is lent to one substitute at a time.
 */
export function absenceOf(
  absence: Omit<AbsenceRecord, 'createdAt' | 'endedAt'>,
  others: readonly AbsenceRecord[],
  now: string,
): AbsenceRecord {
  const { from, until, person, substitute } = absence;
  if (!isBefore(from, until)) {
    throw new InvalidInput('An absence ends after it begins.', { pointer: '/until' });
  }
  if (!isBefore(now, until)) {
    throw new InvalidInput('This absence would be over already.', { pointer: '/until' });
  }
  if (compareDurations(durationBetween(from, until), LONGEST) > 0) {
    throw new InvalidInput('An absence lasts a year at most. Have your groups changed instead.', {
      pointer: '/until',
    });
  }
  if (substitute?.id === person.id) {
    throw new InvalidInput('Somebody else has to stand in for you.', { pointer: '/substitute' });
  }
  const other = others.find(
    (each) => each.endedAt === undefined && isBefore(from, each.until) && isBefore(each.from, until),
  );
  if (other !== undefined) {
    throw new InvalidInput(
      `You are away already, from ${other.from} until ${other.until}. End that absence first, or choose another time.`,
      { pointer: '/from' },
    );
  }
  return { ...absence, createdAt: now };
}

/** Whether the absence is under way. */
export function isAway({ from, until, endedAt }: AbsenceRecord, now: string): boolean {
  return !isBefore(now, from) && isBefore(now, until) && endedAt === undefined;
}

/** Who is away now, each with the substitute if there is one. */
export function awayNow(
  absences: readonly AbsenceRecord[],
  now: string,
): ReadonlyMap<string, Actor | undefined> {
  return new Map(
    absences
      .filter((absence) => isAway(absence, now))
      .map(({ person, substitute }) => [person.id, substitute]),
  );
}

function durationBetween(from: string, until: string): string {
  return `PT${Math.ceil((Date.parse(until) - Date.parse(from)) / 1000)}S`;
}
