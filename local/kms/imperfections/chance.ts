import { createHash } from 'node:crypto';

/**
 * A number from 0 to below 1 that looks like chance, and is always the same for a seed and an occasion. Each occasion is
 * named by what it is about, so that what happens beside it in another order does not change it.
 */
export function chance(seed: number, ...occasion: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify([seed, ...occasion]));
  return digest.digest().readUInt32BE() / 2 ** 32;
}
