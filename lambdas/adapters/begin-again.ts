import { setTimeout as realPause } from 'node:timers/promises';
import { isTransient } from '../domain/errors.ts';

/** The pause doubles so many times, and no further. */
const MOST_DOUBLINGS = 5;

/**
 * Begins work, and finishes it by what that gives back. When the end meets what passes by itself (every error of the kind
 * `transient`: another writer was first, or something was busy), all begins again, so that it rests on what is read
 * anew. What fails before the end is not tried again here: clients have tried it already, and asking a service that is
 * busy ever more often makes it no less so. The pauses are by chance and grow, so that those who met do not meet again.
 * Throws what the last attempt threw.
 */
export async function beginAgain<T>(
  begin: () => Promise<() => Promise<T>>,
  {
    attempts = 4,
    milliseconds = 25,
    pause = realPause,
  }: {
    readonly attempts?: number;
    readonly milliseconds?: number;
    readonly pause?: (milliseconds: number) => Promise<unknown>;
  } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const finish = await begin();
    try {
      return await finish();
    } catch (error) {
      if (!isTransient(error) || attempt === attempts) throw error;
      await pause(Math.random() * milliseconds * 2 ** Math.min(attempt, MOST_DOUBLINGS));
    }
  }
}
