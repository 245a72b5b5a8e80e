import * as z from 'zod';
import { beginUndo, holds } from '../domain/execution.ts';
import { failExecution } from '../domain/outcome.ts';
import { finalRequestStates, isNeverGivenUp, type Operation, type RequestRecord } from '../domain/request.ts';
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
    const standing = isSettledOn(request) && isNeverGivenUp(request) && !pointless.has(input.error.Error);
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

/** Whether nobody has to be asked any more, so that giving up would go against what was decided. */
function isSettledOn({ state, approval }: RequestRecord): boolean {
  return state === 'executing' || state === 'approved' || (state === 'accepted' && approval.quorum === 0);
}

/** The key has moved on without the request, or what was approved is not what there is: nothing is left to carry on. */
const pointless: ReadonlySet<string | undefined> = new Set(['StateForbids', 'NotApproved']);

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
