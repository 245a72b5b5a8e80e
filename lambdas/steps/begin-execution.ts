import { beginExecution } from '../domain/execution.ts';
import type { KeyClasses } from '../domain/key-class.ts';
import { classNamed } from '../domain/key-class.ts';
import type { RequestParameters } from '../domain/request.ts';
import { readWork, type StepDependencies, type StepInput } from './held-key.ts';

export interface Begun {
  readonly operation: RequestParameters['operation'];
  /** How a rotation replaces the material. */
  readonly strategy: 'in-place' | 'new-key';
  /** Whether a revocation can be undone. */
  readonly reversible: boolean;
}

/** The second look at the approval, and the lease. A retry finds its own lease and goes on. */
export function begin(deps: StepDependencies & { readonly classes: KeyClasses }) {
  return async (input: StepInput): Promise<Begun> => {
    const work = await readWork(deps, 'begin-execution', input);
    const { request, key } = work;
    const begun = request.state === 'executing' && key.lease?.requestId === request.requestId;
    if (!begun) await deps.registry.commit(beginExecution(work));
    const { parameters } = request;
    return {
      operation: parameters.operation,
      strategy: classNamed(deps.classes, key.className).rotation.strategy,
      reversible: !(parameters.operation === 'revoke' && parameters.mode === 'compromise'),
    };
  };
}
