import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MILLISECONDS = 250;

/**
 * Asks again and again until there is an answer.
 * @throws Error STILL_WAITING after `seconds`, saying what for
 */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`STILL_WAITING: ${what}, after ${seconds} s.`);
    await pause(EVERY_MILLISECONDS);
  }
}
