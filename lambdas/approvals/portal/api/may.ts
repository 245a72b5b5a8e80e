import { isBefore } from '../../../domain/cryptoperiod.ts';
import { KeywardError } from '../../../domain/errors.ts';
import type { Principal } from '../../../domain/principal.ts';
import { assertMayDecide } from '../../../domain/quorum.ts';
import type { RequestRecord } from '../../../domain/request.ts';
import type { Subject } from '../../visible-request.ts';
import type { RequestDetail } from '../contract.ts';

interface Asking {
  /** With the groups of today, or those of the sign-in when `fresh` is false. */
  readonly person: Principal;
  readonly fresh: boolean;
  /** How many passkeys the person has enrolled. */
  readonly passkeys: number;
}

/** What a person may do with a request now; deciding it asks everything again. */
export function mayOf(
  subject: Subject,
  now: string,
  { person, fresh, passkeys }: Asking,
): RequestDetail['may'] {
  const { request } = subject;
  const { approval, requester, state } = request;
  const why = obstacleTo(subject, person, now) ?? (fresh ? undefined : directorySilent);
  const needsPasskey = approval.passkey === true;
  return {
    decide: why === undefined,
    ...(why === undefined ? {} : { why }),
    needsMfa: approval.mfa === true && !person.mfa,
    needsPasskey,
    needsEnrolment: needsPasskey && passkeys === 0,
    needsAlias: wantsAlias(request),
    cancel: requester.id === person.id && (state === 'accepted' || state === 'awaiting-approval'),
  };
}

const directorySilent =
  'The directory of your organisation does not answer: which groups you are in now is not known, and nothing can be decided. Try again in a while.';

/** Whether approving takes the key's alias, typed: what is destroyed does not come back. */
export function wantsAlias({ parameters }: Pick<RequestRecord, 'parameters'>): boolean {
  return parameters.operation === 'destroy';
}

/** Why there is nothing here for this person to decide; undefined when there is. */
function obstacleTo(
  { request, decisions, standIns }: Subject,
  principal: Principal,
  now: string,
): string | undefined {
  if (request.state !== 'awaiting-approval') return closed[request.state];
  if (!isBefore(now, request.expiresAt)) return closed.expired;
  try {
    assertMayDecide({ now, request, principal, decisions, standIns });
    return undefined;
  } catch (error) {
    if (error instanceof KeywardError) return error.message;
    throw error;
  }
}

const closed: Readonly<Record<Exclude<RequestRecord['state'], 'awaiting-approval'>, string>> = {
  accepted: 'This request is being prepared and cannot be decided yet. Open it again in a minute.',
  approved: 'There is nothing left to decide: this request is approved and about to be carried out.',
  executing: 'There is nothing left to decide: this request is approved and being carried out.',
  succeeded: 'There is nothing left to decide: this request was carried out.',
  failed: 'There is nothing left to decide: this request could not be carried out.',
  denied: 'There is nothing left to decide: this request was denied.',
  expired: 'There is nothing left to decide: this request was not decided in time.',
  cancelled: 'There is nothing left to decide: this request was cancelled.',
};
