import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareDurations,
  durationText,
  isBefore,
  nextRotation,
  periods,
  plusDuration,
} from '../../../lambdas/domain/cryptoperiod.ts';
import { timestamp } from '../../../lambdas/domain/formats.ts';

describe('plusDuration', () => {
  test.each([
    ['2026-11-25T03:02:22.000Z', 'P1Y', '2027-11-25T03:02:22.000Z'],
    ['2026-11-25T03:02:22.123Z', 'PT12H', '2026-11-25T15:02:22.123Z'],
    ['2026-12-31T23:59:59.999Z', 'PT0.001S', '2027-01-01T00:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', 'P1Y', '2029-02-28T00:00:00.000Z'],
    ['2027-01-31T00:00:00.000Z', 'P1M', '2027-02-28T00:00:00.000Z'],
    ['2027-01-31T00:00:00.000Z', 'P1Y2M3DT4H5M6S', '2028-04-03T04:05:06.000Z'],
    ['2027-03-28T00:30:00.000Z', 'P1D', '2027-03-29T00:30:00.000Z'],
    ['2027-03-01T00:00:00.000Z', 'P2W', '2027-03-15T00:00:00.000Z'],
  ])('%s and %s make %s', (at, duration, later) => {
    expect(plusDuration(at, duration)).toBe(later);
  });

  test('gives a time in the form of records, and never an earlier one', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.nat(20),
        fc.nat(40),
        fc.nat(500),
        (date, years, months, days) => {
          const at = date.toISOString();
          const later = plusDuration(at, `P${years}Y${months}M${days}D`);
          expect(timestamp.safeParse(later).success).toBe(true);
          expect(isBefore(later, at)).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    ['2026-11-25', 'P1Y'],
    ['2026-11-25T03:02:22.000Z', 'a year'],
  ])('refuses %s and %s', (at, duration) => {
    expect(() => plusDuration(at, duration)).toThrow(RangeError);
  });
});

test.each([
  ['P90D', '90 days'],
  ['P1Y6M', '1 year 6 months'],
  ['PT1H', '1 hour'],
])('durationText says %s as %s', (iso, words) => {
  expect(durationText(iso)).toBe(words);
});

test('isBefore is strict', () => {
  expect(isBefore('2026-11-25T03:02:22.000Z', '2026-11-25T03:02:22.001Z')).toBe(true);
  expect(isBefore('2026-11-25T03:02:22.001Z', '2026-11-25T03:02:22.001Z')).toBe(false);
  expect(isBefore('2026-11-25T03:02:22.002Z', '2026-11-25T03:02:22.001Z')).toBe(false);
});

test.each([
  ['P1Y', 'P12M', 0],
  ['P1Y', 'P365D', 0],
  ['P30D', 'P1M', -1],
  ['PT25H', 'P1D', 1],
])('compareDurations of %s and %s is %i', (a, b, sign) => {
  expect(Math.sign(compareDurations(a, b))).toBe(sign);
});

test('both usage periods begin at the activation', () => {
  expect(
    periods({ cryptoperiod: { originator: 'P2Y', recipient: 'P5Y' } }, '2026-11-25T03:02:22.000Z'),
  ).toEqual({ protectUntil: '2028-11-25T03:02:22.000Z', processUntil: '2031-11-25T03:02:22.000Z' });
});

test('the next rotation falls due one interval after the activation, if the class has an interval', () => {
  expect(nextRotation({ rotation: { every: 'P1Y' } }, '2026-11-25T03:02:22.000Z')).toBe(
    '2027-11-25T03:02:22.000Z',
  );
  expect(nextRotation({ rotation: {} }, '2026-11-25T03:02:22.000Z')).toBeUndefined();
});
