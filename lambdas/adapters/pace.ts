import { setTimeout as pauseFor } from 'node:timers/promises';

export interface Time {
  readonly milliseconds: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

export const realTime: Time = {
  milliseconds: Date.now,
  pause: (milliseconds) => pauseFor(milliseconds),
};

const SECOND = 1000;

/**
 * Gives turns to all callers together: no more than so many in any second, in the order in which they ask, and that many
 * at once after a rest.
 */
export function paced(perSecond: number, { milliseconds, pause }: Time = realTime): () => Promise<void> {
  /** When the last turns are, or will be. */
  const turns: number[] = [];
  return async () => {
    const now = milliseconds();
    const past = turns.length < perSecond ? undefined : turns.shift();
    const mine = past === undefined ? now : Math.max(now, past + SECOND);
    turns.push(mine);
    if (mine > now) await pause(mine - now);
  };
}
