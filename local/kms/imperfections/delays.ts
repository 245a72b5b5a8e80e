import * as z from 'zod';
import { chance } from './chance.ts';

/** From the least to the most milliseconds of the server's clock that something takes; none, when left out. */
export const delayRange = (longest: number) =>
  z
    .strictObject({ from: z.int().min(0), to: z.int().max(longest) })
    .refine(({ from, to }) => from <= to, { error: 'Give a range: from the least to the most.' })
    .default({ from: 0, to: 0 });

/** A delay in the range, in milliseconds: always the same for a seed and an occasion. */
export function drawDelay(
  { from, to }: { readonly from: number; readonly to: number },
  seed: number,
  ...occasion: readonly (string | number)[]
): number {
  if (from === to) return from;
  return from + Math.floor(chance(seed, ...occasion) * (to - from + 1));
}
