import { beginExecution, holds, resumeExecution } from '../domain/execution.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import type { Operation } from '../domain/request.ts';
import { readWork, type StepDependencies, type StepInput } from './held-key.ts';

export interface Begun {
  readonly operation: Operation;
  /** How a rotation replaces the material. */
  readonly strategy: 'in-place' | 'new-key';
}

/**
 * The second look at the approval, and the lease. A retry finds its own lease and goes on; an execution that carries on
 * a request after a long pause takes the lease anew.
 */
export function begin(deps: StepDependencies & { readonly classes: KeyClasses }) {
  return async (input: StepInput): Promise<Begun> => {
    const work = await readWork(deps, 'begin-execution', input);
    const { request, key } = work;
    if (request.state !== 'executing') await deps.registry.commit(beginExecution(work));
    else if (!holds(work)) await deps.registry.commit(resumeExecution(work));
    return {
      operation: request.parameters.operation,
      strategy: classNamed(deps.classes, key.className).rotation.strategy,
    };
  };
}
