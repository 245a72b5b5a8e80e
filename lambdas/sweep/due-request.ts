import type { Executions } from '../adapters/executions.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import { expireRequest } from '../domain/decision.ts';
import { requestDueAt } from '../domain/due.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import { failExecution } from '../domain/outcome.ts';
import type { Actor } from '../domain/principal.ts';
import type { RequestRecord } from '../domain/request.ts';

const actor: Actor = { kind: 'service', id: 'service:sweep', name: 'sweep' };

const lost = {
  code: 'ExecutionLost',
  message: 'The execution of the request ended without recording an outcome.',
};

export interface DueRequestDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'commit'>;
  readonly executions: Pick<Executions, 'start' | 'statusOf'>;
}

/**
 * Looks after a request whose time has come.
 *
 * - Accepted and not started: started (again).
 * - Waiting past its expiry: expired; the write wakes the wait.
 * - Executing without progress: left alone while its execution runs; otherwise an execution is started that only
 *   undoes, and when that has ended too without a record, the request ends as failed.
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
    const undo = await executions.statusOf(requestId, operation, 'undo');
    if (undo === 'running') return 'still being undone';
    if (undo === 'missing') {
      await executions.start(requestId, operation, 'undo');
      return 'undo started';
    }
    const key = await keyOf(registry, request);
    await registry.commit(failExecution({ now, actor, request, key, error: request.error ?? lost }));
    return 'failed';
  };
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
