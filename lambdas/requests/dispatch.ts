import type { Executions } from '../adapters/executions.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { finalRequestStates, type RequestRecord } from '../domain/request.ts';

export interface DispatchDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getTaskToken'>;
  readonly executions: Pick<Executions, 'start' | 'wake'>;
}

/**
 * Moves a request on after a write: starts the execution of an accepted one, wakes the wait of one that is decided.
 *
 * It acts on the record as it is now and not as the event shows it, so that a doubled, late or reordered event does no
 * harm: an execution is started under the request's id, which Step Functions takes once, and waking a wait that is
 * over does nothing. Writing a token counts as well: a decision may have come before the wait that it ends.
 */
export function dispatch({ registry, executions }: DispatchDependencies) {
  return async (requestId: string): Promise<'started' | 'woken' | 'nothing'> => {
    const request = await registry.getRequest(requestId);
    if (request === undefined) return 'nothing';
    if (request.state === 'accepted') {
      await executions.start(requestId, request.parameters.operation, 'run');
      return 'started';
    }
    if (!decided(request)) return 'nothing';
    const token = await registry.getTaskToken(requestId);
    if (token === undefined) return 'nothing';
    await executions.wake(token);
    return 'woken';
  };
}

function decided({ state }: RequestRecord): boolean {
  return state === 'approved' || finalRequestStates.has(state);
}
