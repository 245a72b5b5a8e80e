import { BackendBusy } from '../../domain/errors.ts';

/** Waits so many milliseconds. */
export type Pause = (milliseconds: number) => Promise<unknown>;

const CONVINCING_LOOKS = 10;
const BETWEEN_LOOKS_MILLISECONDS = 100;

/**
 * Looks at the same thing again and again, some time apart: KMS may show a change and then what was before it, and where
 * nothing can be taken back, or nothing is done, one look is not enough. A look that does not go through shows nothing.
 * Throws BackendBusy when none of them does.
 */
export async function* looks<T>(pause: Pause, look: () => Promise<T>): AsyncGenerator<T> {
  let failure: BackendBusy | undefined;
  let seen = false;
  for (let made = 0; made < CONVINCING_LOOKS; made += 1) {
    if (made > 0) await pause(BETWEEN_LOOKS_MILLISECONDS);
    try {
      const shown = await look();
      seen = true;
      yield shown;
    } catch (error) {
      if (!(error instanceof BackendBusy)) throw error;
      failure = error;
    }
  }
  if (!seen && failure !== undefined) throw failure;
}
