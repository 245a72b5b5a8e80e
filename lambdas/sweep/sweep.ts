import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { KeywardError } from '../domain/errors.ts';
import { oldestWaiting } from './oldest-waiting.ts';

/** What was done about one thing that was due. */
export type Done = string;

export interface SweepDependencies {
  readonly registry: Pick<Registry, 'listDue' | 'listRequests'>;
  readonly clock: Clock;
  /** Looks after one key or request that is due; it reads afresh, and does nothing twice. */
  readonly tend: Readonly<Record<'key' | 'request', (id: string, now: string) => Promise<Done>>>;
  /** Takes the age of the oldest request that waits for its approval, in seconds. */
  readonly publishOldestWaiting: (seconds: number) => void;
  /** Takes how many things failed. */
  readonly publishNotTended: (count: number) => void;
  /** Milliseconds left of this run. */
  readonly millisecondsLeft: () => number;
}

/** A run stops here and leaves the rest to the next: what is due stays due. */
const RESERVE_MILLISECONDS = 10_000;

export interface Swept {
  readonly tended: number;
  readonly failed: number;
}

/**
 * Says how long the oldest approval has waited, and goes through all that is due. One thing that fails does not keep the
 * others from their turn: it is logged and counted, and due again at the next run.
 */
export async function sweep(deps: SweepDependencies): Promise<Swept> {
  const { registry, clock, tend, millisecondsLeft, publishNotTended } = deps;
  const now = await clock();
  let tended = 0;
  let failed = (await tellOldestWaiting(deps, now)) ? 0 : 1;
  for await (const { kind, id } of registry.listDue(now)) {
    if (millisecondsLeft() < RESERVE_MILLISECONDS) break;
    try {
      log.info('due', { code: 'DueTended', kind, id, done: await tend[kind](id, now) });
      tended += 1;
    } catch (error) {
      failed += 1;
      const code = error instanceof KeywardError ? error.code : 'Unexpected';
      log.error('due, and not tended', { code: 'DueFailed', kind, id, cause: code, error: error as Error });
    }
  }
  publishNotTended(failed);
  return { tended, failed };
}

/** A row that cannot be read keeps nothing that is due from its turn. Returns false for one. */
async function tellOldestWaiting(
  { registry, publishOldestWaiting }: SweepDependencies,
  now: string,
): Promise<boolean> {
  try {
    publishOldestWaiting(await oldestWaiting(registry, now));
    return true;
  } catch (error) {
    log.error('oldest approval not known', { code: 'OldestWaitingUnknown', error: error as Error });
    return false;
  }
}
