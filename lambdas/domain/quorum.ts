import { requestDigest } from './digest.ts';
import { AlreadyDecided, NotAnApprover, NotApproved, SelfApproval } from './errors.ts';
import type { Principal } from './principal.ts';
import type { ApprovalRule, DecisionRecord, RequestRecord } from './request.ts';

/** The rule's groups, each once, with `owner` replaced by the group that owns the key. */
export function approverGroups(rule: ApprovalRule, owner: string): string[] {
  return [...new Set(rule.groups.map((group) => (group === 'owner' ? owner : group)))];
}

/** The groups that a request has to be shown to; none when its quorum is 0. */
export function groupsAnswering(rule: ApprovalRule, owner: string): string[] {
  return rule.quorum === 0 ? [] : approverGroups(rule, owner);
}

/**
 * Whether this principal may decide this request. Throws, in this order, SelfApproval (the requester never decides,
 * whatever its groups), NotAnApprover (not a person, or in none of the groups) and AlreadyDecided (one person counts
 * once, whatever the channel; the details hold the decision that stands).
 */
export function assertMayDecide({
  request,
  principal,
  decisions,
}: {
  readonly request: RequestRecord;
  readonly principal: Principal;
  readonly decisions: readonly DecisionRecord[];
}): void {
  if (principal.id === request.requester.id) {
    throw new SelfApproval(
      'You asked for this yourself. Somebody else has to decide; you can still cancel it.',
    );
  }
  const groups = groupsAnswering(request.approval, request.owner);
  if (principal.kind !== 'person') {
    throw new NotAnApprover('Only people decide. Sign in as a person.', { groups });
  }
  if (!groups.some((group) => principal.groups.includes(group))) {
    throw new NotAnApprover(
      groups.length === 0
        ? 'This request needs nobody’s approval.'
        : `You are in none of the groups that decide this request. Ask somebody of: ${groups.join(', ')}.`,
      { groups },
    );
  }
  const standing = decisions.find(({ person }) => person.id === principal.id);
  if (standing !== undefined) {
    throw new AlreadyDecided(
      `You have already decided: ${standing.verdict}, at ${standing.decidedAt}. That decision stands.`,
      { verdict: standing.verdict, decidedAt: standing.decidedAt, channel: standing.channel },
    );
  }
}

/**
 * What the decisions come to. It trusts none of the checks made when they were taken: a decision counts only if it is
 * on this request and this digest, by a person who is not the requester and was in one of the groups; a person counts
 * once. One valid no is a no.
 */
export function quorumOutcome(
  request: RequestRecord,
  decisions: readonly DecisionRecord[],
): 'approved' | 'denied' | 'waiting' {
  const groups = groupsAnswering(request.approval, request.owner);
  const valid = decisions.filter(
    (decision) =>
      decision.requestId === request.requestId &&
      decision.digest === request.digest &&
      decision.person.kind === 'person' &&
      decision.person.id !== request.requester.id &&
      groups.some((group) => decision.groups.includes(group)),
  );
  if (valid.some(({ verdict }) => verdict === 'deny')) return 'denied';
  const approvers = new Set(valid.map(({ person }) => person.id));
  return approvers.size >= request.approval.quorum ? 'approved' : 'waiting';
}

/**
 * The check before anything is executed. Throws NotApproved unless the quorum stands and the request is, field by
 * field, still the one its digest was made of.
 */
export function assertApproved(request: RequestRecord, decisions: readonly DecisionRecord[]): void {
  const { requestId } = request;
  if (requestDigest(request) !== request.digest) {
    throw new NotApproved(
      `Request ${requestId} is not the one that was asked for: its digest does not match its fields. Treat it as tampering.`,
      { requestId },
    );
  }
  const outcome = quorumOutcome(request, decisions);
  if (outcome !== 'approved') {
    throw new NotApproved(
      `Request ${requestId} is ${outcome}, not approved. Nothing is done without its quorum.`,
      {
        requestId,
        outcome,
        quorum: request.approval.quorum,
      },
    );
  }
}
