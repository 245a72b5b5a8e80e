import { describe, expect, test } from 'vitest';
import { isSuperseded, type ListedMaterial } from '../../../lambdas/domain/material.ts';

const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const first: ListedMaterial = { materialId: 'm1', onDemand: false };
const second: ListedMaterial = { materialId: 'm2', rotatedAt: day(2), onDemand: true };
const third: ListedMaterial = { materialId: 'm3', rotatedAt: day(3), onDemand: true };
const unnamed: ListedMaterial = { rotatedAt: day(3), onDemand: true };

/** The current version: its material, and when it was activated. */
const on = (keyMaterialId: string, activated = 1) => ({ keyMaterialId, activatedAt: day(activated) });

describe('material that KMS shows as current', () => {
  test.each<[string, boolean, string, ReturnType<typeof on>, ListedMaterial[]]>([
    ['is the only one', false, 'm1', on('m1'), [first]],
    ['is the last one listed', false, 'm3', on('m2', 2), [first, second, third]],
    ['is the last one, in another order', false, 'm3', on('m2', 2), [third, first, second]],
    ['was followed by another', true, 'm1', on('m1'), [first, second]],
    ['was followed by another, in another order', true, 'm2', on('m1'), [third, second, first]],
    ['is unknown to the list, and new', false, 'm4', on('m3', 3), [first, second, third]],
    ['is unknown to the list, current, and was followed', true, 'm1', on('m1', 2), [unnamed]],
    ['is unknown to the list, current, and was not followed', false, 'm1', on('m1', 4), [second, unnamed]],
    ['is all there is', false, 'm1', on('m1'), []],
    [
      'was rotated to in the same moment as another',
      false,
      'm2',
      on('m1'),
      [second, { ...third, rotatedAt: day(2) }],
    ],
  ])('%s: superseded %s', (_what, superseded, shown, current, listed) => {
    expect(isSuperseded(shown, current, listed)).toBe(superseded);
  });

  test('of a version that was never activated is not judged by time', () => {
    expect(isSuperseded('m1', { keyMaterialId: 'm1' }, [unnamed])).toBe(false);
  });
});
