import { Temporal } from 'temporal-polyfill';
import * as z from 'zod';
import { duration } from './formats.ts';

/**
 * How long one version of a key is used (NIST SP 800-57 Part 1 Rev. 5 section 5.3). Both periods begin when the
 * version is activated.
 */
export const cryptoperiod = z.strictObject({
  /** Originator-usage period: how long it may protect (encrypt, sign). */
  originator: duration,
  /** Recipient-usage period: how long it may process what it protected (decrypt, verify). */
  recipient: duration,
});
export type Cryptoperiod = z.infer<typeof cryptoperiod>;

/**
 * A time later by a duration, counted on the UTC calendar: a month ends on the last day of a shorter one.
 * Throws RangeError when either is not ISO-8601.
 */
export function plusDuration(at: string, duration: string): string {
  return Temporal.Instant.from(at)
    .toZonedDateTimeISO('UTC')
    .add(duration)
    .toInstant()
    .toString({ fractionalSecondDigits: 3 });
}

/** Whether the first time is earlier than the second. Throws RangeError when either is not ISO-8601. */
export function isBefore(a: string, b: string): boolean {
  return Temporal.Instant.compare(a, b) < 0;
}

/** Negative, zero or positive as the first duration is shorter than, equal to or longer than the second. */
export function compareDurations(a: string, b: string): number {
  return Temporal.Duration.compare(a, b, { relativeTo: COMPARED_FROM });
}

const units = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'] as const;

/** A duration in words: `90 days`, `1 year 6 months`. Throws RangeError when it is not ISO-8601. */
export function durationText(iso: string): string {
  const length = Temporal.Duration.from(iso);
  return units
    .filter((unit) => length[unit] !== 0)
    .map((unit) => `${length[unit]} ${length[unit] === 1 ? unit.slice(0, -1) : unit}`)
    .join(' ');
}

/** Years and months have no length of their own; from here a year is the common 365 days. */
const COMPARED_FROM = '2025-01-01';

/** The ends of both usage periods of a version activated at a time. */
export function periods(
  { cryptoperiod: { originator, recipient } }: { readonly cryptoperiod: Cryptoperiod },
  activatedAt: string,
): { protectUntil: string; processUntil: string } {
  return {
    protectUntil: plusDuration(activatedAt, originator),
    processUntil: plusDuration(activatedAt, recipient),
  };
}

/** When the version after the one activated at a time falls due; undefined when the class has no schedule. */
export function nextRotation(
  { rotation: { every } }: { readonly rotation: { readonly every?: string | undefined } },
  activatedAt: string,
): string | undefined {
  return every === undefined ? undefined : plusDuration(activatedAt, every);
}
