import type * as z from 'zod';
import type { Change } from '../domain/change.ts';
import { BackendStateUnexpected } from '../domain/errors.ts';
import { timestamp } from '../domain/formats.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import {
  completeActivation,
  completeCancellation,
  completeEmergency,
  completeRatification,
  completeReinstatement,
  completeRevocation,
  completeScheduling,
} from '../domain/outcome.ts';
import { readHeldWork, readWork, type StepDependencies, stepInput, type Work } from './held-key.ts';

export const completeInput = stepInput.extend({ deletionDate: timestamp.optional() });
type CompleteInput = z.infer<typeof completeInput>;

/** Records what the execution has brought about and been seen to. A retry after the record finds the request ended. */
export function completeRequest(deps: StepDependencies & { readonly classes: KeyClasses }) {
  return async (input: CompleteInput): Promise<{ outcome: 'succeeded' }> => {
    const { request } = await readWork(deps, 'complete-request', input);
    if (request.state === 'succeeded') return { outcome: 'succeeded' };
    const work = await readHeldWork(deps, 'complete-request', input);
    await deps.registry.commit(completionOf(work, input, deps.classes));
    return { outcome: 'succeeded' };
  };
}

function completionOf(work: Work, { deletionDate }: CompleteInput, classes: KeyClasses): Change {
  switch (work.request.parameters.operation) {
    case 'generate':
    case 'rotate':
      return completeActivation({ ...work, keyClass: classNamed(classes, work.key.className) });
    case 'revoke':
      return completeRevocation(work);
    case 'emergency-revoke':
      return completeEmergency(work);
    case 'ratify':
      return completeRatification(work);
    case 'reinstate':
      return completeReinstatement(work);
    case 'cancel-destruction':
      return completeCancellation(work);
    case 'destroy':
      if (deletionDate === undefined) {
        throw new BackendStateUnexpected('A destruction is complete only with the day KMS named for it.');
      }
      return completeScheduling({ ...work, deletionDate });
  }
}
