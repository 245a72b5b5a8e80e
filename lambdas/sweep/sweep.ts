import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { KeywardError } from '../domain/errors.ts';

/** What was done about one thing that was due. */
export type Done = string;

export interface SweepDependencies {
  readonly registry: Pick<Registry, 'listDue'>;
  readonly clock: Clock;
  /** Looks after one key or request that is due; it reads afresh, and does nothing twice. */
  readonly tend: Readonly<Record<'key' | 'request', (id: string, now: string) => Promise<Done>>>;
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
 * Goes through all that is due. One thing that fails does not keep the others from their turn: it is logged, and due
 * again at the next run.
 */
export async function sweep({ registry, clock, tend, millisecondsLeft }: SweepDependencies): Promise<Swept> {
  const now = await clock();
  let tended = 0;
  let failed = 0;
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
  return { tended, failed };
}
