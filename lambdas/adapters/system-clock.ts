import type { Clock } from '../domain/clock.ts';

/** The machine's own clock. */
export const clock: Clock = () => Promise.resolve(new Date().toISOString());
