import { type Change, recordChange } from './change.ts';
import { isBefore } from './cryptoperiod.ts';
import { decisionDigest } from './digest.ts';
import { rejected } from './emergency.ts';
import {
  DigestChanged,
  Forbidden,
  MfaRequired,
  PasskeyInvalid,
  PasskeyRequired,
  RequestClosed,
} from './errors.ts';
import type { KeyRecord } from './key.ts';
import { type Actor, actorOf, type Principal } from './principal.ts';
import { assertMayDecide, isSignedByAnother, quorumOutcome, type StandIn } from './quorum.ts';
import type { DecisionRecord, PasskeyAssertion, RequestRecord } from './request.ts';
import { endRequest, endWithoutSuccess } from './request-end.ts';
import { assertUntouched } from './untouched.ts';

interface Subject {
  readonly now: string;
  readonly request: RequestRecord;
  readonly key: KeyRecord;
}

/** What one person decides, on what they were shown. */
export interface Deciding extends Subject {
  readonly person: Principal;
  /** Whose place the person may take, if they may not decide in their own right. */
  readonly standIns?: readonly StandIn[];
  readonly decisions: readonly DecisionRecord[];
  readonly verdict: DecisionRecord['verdict'];
  readonly reason: string;
  /** The digest that the person was shown. */
  readonly digest: string;
  readonly channel: DecisionRecord['channel'];
}

/**
 * The decision as it would be recorded, before anything proves it. Throws SelfApproval, NotAnApprover or AlreadyDecided
 * (who decides), RequestClosed (nothing left to decide), RecordCorrupt (the request is not what was asked for) and
 * DigestChanged (what the person saw is not what would be done), in this order.
 */
export function draftDecision(deciding: Deciding): DecisionRecord {
  const { now, request, key, person, decisions, standIns, verdict, reason, digest, channel } = deciding;
  const behalf = assertMayDecide({ now, request, principal: person, decisions, standIns });
  if (request.state !== 'awaiting-approval' || !isBefore(now, request.expiresAt)) {
    throw new RequestClosed(
      `This request is ${request.state === 'awaiting-approval' ? 'expired' : request.state}: there is nothing left to decide.`,
      { requestState: request.state },
    );
  }
  assertUntouched(request, key);
  if (digest !== request.digest) {
    throw new DigestChanged(
      'The request is not the one you were shown. Read it again and decide on its digest.',
      {
        pointer: '/digest',
        digest: request.digest,
      },
    );
  }
  return {
    requestId: request.requestId,
    person: actorOf(person),
    groups: person.groups,
    ...(behalf === undefined ? {} : { behalf }),
    verdict,
    reason,
    digest,
    channel,
    mfa: person.mfa,
    decidedAt: now,
  };
}

/**
 * A draft with what its person's passkey signed, already verified. Throws, for an approval that is not proved as the
 * rule wants, MfaRequired or PasskeyRequired, and PasskeyInvalid for a passkey that somebody else has signed with. A no
 * needs no proof, and keeps none.
 */
export function provedDecision(
  draft: DecisionRecord,
  { request, decisions }: Pick<Deciding, 'request' | 'decisions'>,
  passkey: PasskeyAssertion | undefined,
): DecisionRecord {
  if (draft.verdict === 'deny') return draft;
  const { approval } = request;
  if (approval.mfa === true && !draft.mfa) {
    throw new MfaRequired(
      'Approving this takes a sign-in with a second factor. Open the request on the page and sign in again with one; you can deny without.',
    );
  }
  if (passkey === undefined) {
    if (approval.passkey !== true) return draft;
    throw new PasskeyRequired(
      'Approving this takes your passkey, which signs the digest. Open the request on the page and approve there; you can deny without.',
    );
  }
  const proved = { ...draft, passkey };
  if (isSignedByAnother(proved, request, decisions)) {
    throw new PasskeyInvalid(
      'Somebody else has approved this with the same passkey. Enrol a passkey of your own, and tell your security team.',
    );
  }
  return proved;
}

/**
 * What a decision brings about: still waiting, approved, or denied by the first no. Every channel decides through this
 * function, with what `draftDecision` and `provedDecision` have let through.
 */
export function decide({
  now,
  request,
  key,
  decisions,
  decision,
}: Pick<Deciding, 'now' | 'request' | 'key' | 'decisions'> & { readonly decision: DecisionRecord }): Change {
  const { person, verdict, reason, digest, channel, mfa, behalf, passkey } = decision;
  const told = {
    event: 'decided',
    details: {
      verdict,
      reason,
      digest,
      channel,
      mfa,
      decision: decisionDigest(decision),
      ...(behalf === undefined ? {} : { behalf: behalf.person.id }),
      ...(passkey === undefined ? {} : { passkey: passkey.credentialId }),
    },
  } as const;
  const outcome = quorumOutcome(request, [...decisions, decision]);
  const common = { now, actor: person, decision };
  if (outcome === 'denied') {
    const end = endWithoutSuccess(key, request, now);
    const no = rejected(end.key, request, now);
    return recordChange({
      ...common,
      key: { before: key, after: no.key },
      request: { before: request, after: endRequest(request, 'denied', now) },
      entries: [told, { event: 'denied', details: { digest } }, ...end.entries, ...no.entries],
      ...(end.alias === undefined ? {} : { alias: end.alias }),
    });
  }
  return recordChange({
    ...common,
    key: { before: key, after: key },
    request: {
      before: request,
      after: outcome === 'approved' ? { ...request, state: 'approved' } : request,
    },
    entries: outcome === 'approved' ? [told, { event: 'approved', details: { digest } }] : [told],
  });
}

/** The requester takes a request back that has not begun to execute. Throws Forbidden or RequestClosed. */
export function cancelRequest({
  now,
  request,
  key,
  requester,
}: Subject & { readonly requester: Principal }): Change {
  if (requester.id !== request.requester.id) {
    throw new Forbidden('Only the requester can cancel a request. An approver can deny it.');
  }
  if (request.parameters.operation === 'ratify') {
    throw new Forbidden('Keyward asks for the ratification of an emergency, and nobody cancels it.');
  }
  return endUnexecuted({ now, request, key }, 'cancelled', actorOf(requester));
}

/** The time for a quorum is over. Throws RequestClosed when the request has left its wait. */
export function expireRequest({ now, request, key, actor }: Subject & { readonly actor: Actor }): Change {
  return endUnexecuted({ now, request, key }, 'expired', actor);
}

function endUnexecuted({ now, request, key }: Subject, state: 'cancelled' | 'expired', actor: Actor): Change {
  if (request.state !== 'accepted' && request.state !== 'awaiting-approval') {
    throw new RequestClosed(`This request is ${request.state}: it can no longer be ${state}.`, {
      requestState: request.state,
    });
  }
  const end = endWithoutSuccess(key, request, now);
  return recordChange({
    now,
    actor,
    key: { before: key, after: end.key },
    request: { before: request, after: endRequest(request, state, now) },
    entries: [{ event: state, details: { digest: request.digest } }, ...end.entries],
    ...(end.alias === undefined ? {} : { alias: end.alias }),
  });
}
