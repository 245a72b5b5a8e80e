import type * as z from 'zod';
import type { Change } from '../domain/change.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import { groupsAnswering } from '../domain/quorum.ts';
import type { RequestParameters } from '../domain/request.ts';
import type { Answer } from './answer.ts';
import type { plan } from './views.ts';

type Plan = z.output<typeof plan>;
type Planned = Plan['key']['after'];

/** 200 with what a change that was not committed would bring about. */
export function planAnswer({ key, request }: Change): Answer {
  if (request === undefined) throw new RecordCorrupt('A submission made no request.');
  const { parameters, approval, owner, expiresAt } = request.after;
  const body: Plan = {
    operation: parameters.operation,
    key: {
      before: key.before === undefined ? null : planned(key.before),
      after: whenSucceeded(key.after, parameters),
    },
    approval: { quorum: approval.quorum, groups: groupsAnswering(approval, owner) },
    expiresAt,
  };
  return { status: 200, body };
}

function planned({ state, destruction }: KeyRecord): Planned {
  return { state, ...(destruction === undefined ? {} : { destruction: destruction.status }) };
}

/** What a key is once a request on it has succeeded. */
function whenSucceeded(key: KeyRecord, parameters: RequestParameters): Planned {
  const now = planned(key);
  switch (parameters.operation) {
    case 'generate':
    case 'reinstate':
      return { ...now, state: 'active' };
    case 'rotate':
    case 'ratify':
      return now;
    case 'emergency-revoke':
      return { ...now, state: 'suspended' };
    case 'revoke':
      return { ...now, state: parameters.mode === 'compromise' ? 'compromised' : 'suspended' };
    case 'destroy':
      return { state: key.state === 'active' ? 'suspended' : key.state, destruction: 'scheduled' };
    case 'cancel-destruction':
      return { state: key.destruction?.priorState ?? key.state, destruction: 'cancelled' };
  }
}
