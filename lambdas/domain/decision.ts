import { type Change, recordChange } from './change.ts';
import { isBefore } from './cryptoperiod.ts';
import { DigestChanged, Forbidden, RequestClosed } from './errors.ts';
import type { KeyRecord } from './key.ts';
import { type Actor, actorOf, type Principal } from './principal.ts';
import { assertMayDecide, quorumOutcome } from './quorum.ts';
import type { DecisionRecord, RequestRecord } from './request.ts';
import { endRequest, endWithoutSuccess } from './request-end.ts';

interface Subject {
  readonly now: string;
  readonly request: RequestRecord;
  readonly key: KeyRecord;
}

/**
 * One person's decision on a request, and what it brings about: still waiting, approved, or denied by the first no.
 * Every channel decides through this function.
 *
 * Throws SelfApproval, NotAnApprover or AlreadyDecided (who decides), RequestClosed (nothing left to decide) and
 * DigestChanged (what the person saw is not what would be done), in this order.
 */
export function decide(
  subject: Subject & {
    readonly person: Principal;
    readonly decisions: readonly DecisionRecord[];
    readonly verdict: DecisionRecord['verdict'];
    readonly reason: string;
    /** The digest that the person was shown. */
    readonly digest: string;
    readonly channel: DecisionRecord['channel'];
  },
): Change {
  const { now, request, key, person, decisions, verdict, reason, digest, channel } = subject;
  assertMayDecide({ request, principal: person, decisions });
  if (request.state !== 'awaiting-approval' || !isBefore(now, request.expiresAt)) {
    throw new RequestClosed(
      `This request is ${request.state === 'awaiting-approval' ? 'expired' : request.state}: there is nothing left to decide.`,
      { requestState: request.state },
    );
  }
  if (digest !== request.digest) {
    throw new DigestChanged(
      'The request is not the one you were shown. Read it again and decide on its digest.',
      {
        pointer: '/digest',
        digest: request.digest,
      },
    );
  }
  const decision: DecisionRecord = {
    requestId: request.requestId,
    person: actorOf(person),
    groups: person.groups,
    verdict,
    reason,
    digest,
    channel,
    mfa: person.mfa,
    decidedAt: now,
  };
  const told = { event: 'decided', details: { verdict, reason, digest, channel, mfa: person.mfa } } as const;
  const outcome = quorumOutcome(request, [...decisions, decision]);
  const draft = { now, actor: actorOf(person), decision };
  if (outcome === 'denied') {
    const end = endWithoutSuccess(key, request, now);
    return recordChange({
      ...draft,
      key: { before: key, after: end.key },
      request: { before: request, after: endRequest(request, 'denied', now) },
      entries: [told, { event: 'denied', details: { digest } }, ...end.entries],
      ...(end.alias === undefined ? {} : { alias: end.alias }),
    });
  }
  return recordChange({
    ...draft,
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
