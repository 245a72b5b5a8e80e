import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';

const START = Date.parse('2026-01-31T12:00:00Z');
const fixed = () => new VirtualClock({ realNow: () => START });

describe('the virtual clock', () => {
  test('is real time until it is moved', () => {
    expect(Math.abs(new VirtualClock().now().getTime() - Date.now())).toBeLessThan(1000);
    expect(fixed().offsetMilliseconds).toBe(0);
  });

  test.each([
    ['P30D', '2026-03-02T12:00:00.000Z'],
    ['PT1H30M', '2026-01-31T13:30:00.000Z'],
    ['P1M', '2026-02-28T12:00:00.000Z'],
    ['P1Y', '2027-01-31T12:00:00.000Z'],
    [1500, '2026-01-31T12:00:01.500Z'],
    ['PT0S', '2026-01-31T12:00:00.000Z'],
  ])('moves forward by %s', (by, expected) => {
    const clock = fixed();
    clock.advance(by);
    expect(clock.now().toISOString()).toBe(expected);
  });

  test('goes on with real time after a move', () => {
    let now = START;
    const clock = new VirtualClock({ realNow: () => now });
    clock.advance('P1D');
    now += 1000;
    clock.advance('P1D');
    expect(clock.now().toISOString()).toBe('2026-02-02T12:00:01.000Z');
    expect(clock.offsetMilliseconds).toBe(2 * 86_400_000);
  });

  test.each(['-P1D', -1, 'tomorrow', Number.NaN, Number.POSITIVE_INFINITY])('does not move by %s', (by) => {
    const clock = fixed();
    expect(() => clock.advance(by)).toThrow(RangeError);
    expect(clock.offsetMilliseconds).toBe(0);
  });

  test('tells its listeners after each move, as long as they listen', () => {
    const clock = fixed();
    const heard: number[] = [];
    const stop = clock.onAdvance(() => heard.push(clock.offsetMilliseconds));
    clock.advance(5);
    clock.advance(7);
    stop();
    clock.advance(9);
    expect(heard).toEqual([5, 12]);
  });
});
