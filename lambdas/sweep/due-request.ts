import type { Executions } from '../adapters/executions.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import { expireRequest } from '../domain/decision.ts';
import { requestDueAt } from '../domain/due.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Actor } from '../domain/principal.ts';
import { isNeverGivenUp, type RequestRecord } from '../domain/request.ts';

const actor: Actor = { kind: 'service', id: 'service:sweep', name: 'sweep' };

export interface DueRequestDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'commit'>;
  readonly executions: Pick<Executions, 'start' | 'statusOf'>;
}

/** How often an execution is started to bring a lost request to its end. */
const TRY_EVERY_MILLISECONDS = 15 * 60 * 1000;

/**
 * Looks after a request whose time has come.
 *
 * - Accepted and not started: started (again).
 * - Waiting past its expiry: expired; the write wakes the wait.
 * - Without progress: left alone while its execution runs. After that it is tried again and again to carry on what is
 *   never given up, and to undo anything else: a request that is half done never ends as failed.
 */
export function tendRequest({ registry, executions }: DueRequestDependencies) {
  return async (requestId: string, now: string): Promise<string> => {
    const request = await registry.getRequest(requestId);
    const due = request === undefined ? undefined : requestDueAt(request);
    if (request === undefined || due === undefined || isBefore(now, due)) return 'nothing';
    if (request.state === 'awaiting-approval') {
      await registry.commit(expireRequest({ now, actor, request, key: await keyOf(registry, request) }));
      return 'expired';
    }
    const { operation } = request.parameters;
    const run = await executions.statusOf(requestId, operation, 'run');
    if (run === 'running') return 'still running';
    if (run === 'missing' && request.state === 'accepted') {
      await executions.start(requestId, operation, 'run');
      return 'started';
    }
    return tryAgain(executions, request, now);
  };
}

async function tryAgain(
  executions: DueRequestDependencies['executions'],
  request: RequestRecord,
  now: string,
): Promise<string> {
  const { requestId } = request;
  const { operation } = request.parameters;
  const why = isNeverGivenUp(request) ? 'again' : 'undo';
  const turn = Math.floor(Date.parse(now) / TRY_EVERY_MILLISECONDS);
  const [latest, former] = await Promise.all([
    executions.statusOf(requestId, operation, `${why}-${turn}`),
    executions.statusOf(requestId, operation, `${why}-${turn - 1}`),
  ]);
  if (latest === 'running' || former === 'running') return 'still running';
  if (latest === 'ended') return 'tried, and will be again';
  await executions.start(requestId, operation, `${why}-${turn}`);
  return why === 'again' ? 'carried on' : 'undo started';
}

async function keyOf(registry: Pick<Registry, 'getKey'>, request: RequestRecord): Promise<KeyRecord> {
  const key = await registry.getKey(request.keyId);
  if (key === undefined) {
    throw new RecordCorrupt(`Request ${request.requestId} names a key that is not in the registry.`, {
      requestId: request.requestId,
    });
  }
  return key;
}
