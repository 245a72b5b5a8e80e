import type { Executions } from '../adapters/executions.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import { expireRequest } from '../domain/decision.ts';
import { requestDueAt } from '../domain/due.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import { failExecution } from '../domain/outcome.ts';
import type { Actor } from '../domain/principal.ts';
import { isNeverGivenUp, type RequestRecord } from '../domain/request.ts';

const actor: Actor = { kind: 'service', id: 'service:sweep', name: 'sweep' };

const lost = {
  code: 'ExecutionLost',
  message: 'The execution of the request ended without recording an outcome.',
};

export interface DueRequestDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'commit'>;
  readonly executions: Pick<Executions, 'start' | 'statusOf'>;
}

/** How often an execution is started to carry on a request that is never given up. */
const CARRY_ON_EVERY_MILLISECONDS = 15 * 60 * 1000;

/**
 * Looks after a request whose time has come.
 *
 * - Accepted and not started: started (again).
 * - Waiting past its expiry: expired; the write wakes the wait.
 * - Executing without progress: left alone while its execution runs. After that, one that is never given up is carried
 *   on, again and again; any other is undone by an execution of its own, and when that has ended too without a record,
 *   the request ends as failed.
 */
export function tendRequest(deps: DueRequestDependencies) {
  const { registry, executions } = deps;
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
    return isNeverGivenUp(request.parameters) ? carryOn(deps, request, now) : giveUp(deps, request, now);
  };
}

async function carryOn(
  { executions }: DueRequestDependencies,
  request: RequestRecord,
  now: string,
): Promise<string> {
  const { requestId, parameters } = request;
  const attempt = `again-${Math.floor(Date.parse(now) / CARRY_ON_EVERY_MILLISECONDS)}` as const;
  if ((await executions.statusOf(requestId, parameters.operation, attempt)) !== 'missing')
    return 'carried on already';
  await executions.start(requestId, parameters.operation, attempt);
  return 'carried on';
}

async function giveUp(
  { registry, executions }: DueRequestDependencies,
  request: RequestRecord,
  now: string,
): Promise<string> {
  const { requestId, parameters } = request;
  const undo = await executions.statusOf(requestId, parameters.operation, 'undo');
  if (undo === 'running') return 'still being undone';
  if (undo === 'missing') {
    await executions.start(requestId, parameters.operation, 'undo');
    return 'undo started';
  }
  const key = await keyOf(registry, request);
  await registry.commit(failExecution({ now, actor, request, key, error: request.error ?? lost }));
  return 'failed';
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
