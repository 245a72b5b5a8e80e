import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { NotSettled } from '../domain/errors.ts';
import type { Shown } from './copies.ts';

export interface CatchUpDependencies {
  readonly registry: Pick<Registry, 'waitingRequestIds' | 'unfinishedSlackCopies'>;
  /** Makes the messages of one request tell of it as it is now; does nothing when they do. */
  readonly copies: (requestId: string) => Promise<Shown>;
}

/**
 * Makes up for what the table's stream could not bring to Slack, however long that lasted: goes through every request
 * that waits and every message that does not tell of an end yet. A request that cannot be shown, or not even be read,
 * keeps no other waiting.
 *
 * Throws NotSettled when some could not be shown. They have their turn again at the next run.
 */
export function slackCatchUp({ registry, copies }: CatchUpDependencies) {
  return async (): Promise<{ readonly looked: number; readonly caughtUp: number }> => {
    const requestIds = await requestsToldOf(registry);
    let caughtUp = 0;
    let failed = 0;
    for (const requestId of requestIds) {
      try {
        const done = await copies(requestId);
        if (done === 'nothing') continue;
        caughtUp += 1;
        log.warn('slack was behind', { code: 'SlackCaughtUp', requestId, done });
      } catch (error) {
        failed += 1;
        log.error('slack stays behind', { code: 'SlackBehind', requestId, error: error as Error });
      }
    }
    if (failed > 0) throw new NotSettled(`${failed} of ${requestIds.size} requests are not shown in Slack.`);
    return { looked: requestIds.size, caughtUp };
  };
}

async function requestsToldOf(registry: CatchUpDependencies['registry']): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const requestId of registry.unfinishedSlackCopies()) ids.add(requestId);
  for await (const requestId of registry.waitingRequestIds()) ids.add(requestId);
  return ids;
}
