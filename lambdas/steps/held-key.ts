import * as z from 'zod';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import { assertExecuting, type Phase } from '../domain/execution.ts';
import { identifier } from '../domain/formats.ts';
import type { KeyRecord, VersionRecord } from '../domain/key.ts';
import type { Actor } from '../domain/principal.ts';
import type { DecisionRecord, Operation, RequestRecord } from '../domain/request.ts';

/** A step is told whose work it does, and reads everything else itself: what travels through a machine may be old. */
export const stepInput = z.strictObject({ requestId: identifier('req') });
export type StepInput = z.infer<typeof stepInput>;

export interface StepDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKeyWithVersions' | 'getDecisions' | 'commit'>;
  readonly clock: Clock;
}

/** Everything a step decides on, read consistently and afresh. */
export interface Work {
  readonly now: string;
  readonly actor: Actor;
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  /** Ascending. */
  readonly versions: readonly VersionRecord[];
  readonly decisions: readonly DecisionRecord[];
}

/** Reads a request's work. Throws RequestNotFound, or RecordCorrupt when the request's key is missing. */
export async function readWork(
  { registry, clock }: StepDependencies,
  step: string,
  { requestId }: StepInput,
): Promise<Work> {
  const request = await registry.getRequest(requestId);
  if (request === undefined) throw new RequestNotFound(`There is no request ${requestId}.`, { requestId });
  const [found, decisions, now] = await Promise.all([
    registry.getKeyWithVersions(request.keyId),
    registry.getDecisions(requestId),
    clock(),
  ]);
  if (found === undefined) {
    throw new RecordCorrupt(
      `Request ${requestId} names the key ${request.keyId}, which is not in the registry.`,
      {
        requestId,
        keyId: request.keyId,
      },
    );
  }
  const actor: Actor = { kind: 'service', id: `service:${step}`, name: step };
  return { now, actor, request, ...found, decisions };
}

/** The same for a step that acts: its request must be executing, approved and holding the key, checked just before. */
export async function readHeldWork(
  deps: StepDependencies,
  step: string,
  input: StepInput,
  phase: Phase | ((work: Work) => Phase) = 'forward',
): Promise<Work> {
  const work = await readWork(deps, step, input);
  assertExecuting(work, work.decisions, typeof phase === 'function' ? phase(work) : phase);
  return work;
}

/** A step that serves both ways acts forward for these operations, and undoes every other. */
export function forwardFor(...operations: readonly Operation[]) {
  return ({ request }: Work): Phase =>
    operations.includes(request.parameters.operation) && request.error === undefined ? 'forward' : 'undo';
}
