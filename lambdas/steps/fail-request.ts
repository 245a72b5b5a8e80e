import * as z from 'zod';
import { beginUndo, holds } from '../domain/execution.ts';
import { failExecution } from '../domain/outcome.ts';
import { finalRequestStates, isNeverGivenUp, type Operation } from '../domain/request.ts';
import { readWork, type StepDependencies, stepInput } from './held-key.ts';

/**
 * `begin` closes the request to forward steps, before anything is undone, and takes the lease anew for an undoing that
 * comes long after; `end` records the failure, when all is undone.
 */
export const failInput = stepInput.extend({
  phase: z.enum(['begin', 'end']),
  error: z.object({ Error: z.string().optional(), Cause: z.string().optional() }),
});
type FailInput = z.infer<typeof failInput>;

export interface Failing {
  readonly operation: Operation;
  /** Whether the request had begun to act, so that there may be something to undo. */
  readonly undo: boolean;
  /** Whether the request stays as it is, to be carried on: it is one that is never given up. */
  readonly standing: boolean;
}

/** Ends a request that could not be carried out. A request that has ended some other way stays as it is. */
export function failRequest(deps: StepDependencies) {
  return async (input: FailInput): Promise<Failing> => {
    const work = await readWork(deps, 'fail-request', { requestId: input.requestId });
    const { request } = work;
    const ended = finalRequestStates.has(request.state);
    const executing = request.state === 'executing';
    // The key has moved on without the request: there is nothing left to carry on.
    const overtaken = input.error.Error === 'StateForbids';
    const standing = executing && isNeverGivenUp(request) && !overtaken;
    const undoing = request.error !== undefined && holds(work);
    if (input.phase === 'begin' && executing && !standing && !undoing) {
      await deps.registry.commit(beginUndo({ ...work, error: request.error ?? errorOf(input) }));
    }
    if (input.phase === 'end' && !ended && !standing) {
      await deps.registry.commit(failExecution({ ...work, error: request.error ?? errorOf(input) }));
    }
    return { operation: request.parameters.operation, undo: executing && !standing, standing };
  };
}

const lambdaFailure = z.object({ errorMessage: z.string() });

function errorOf({ error }: FailInput) {
  return { code: error.Error ?? 'Unexpected', message: messageOf(error.Cause) };
}

/** A Lambda's failure arrives as JSON with the message in it; a machine's own as text. */
function messageOf(cause: string | undefined): string {
  if (cause === undefined) return 'The execution ended without saying why. Look into its history.';
  try {
    const parsed = lambdaFailure.safeParse(JSON.parse(cause));
    return (parsed.success ? parsed.data.errorMessage : cause).slice(0, 1024);
  } catch {
    return cause.slice(0, 1024);
  }
}
