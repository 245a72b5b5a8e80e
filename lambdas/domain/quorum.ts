import { isBefore, plusDuration } from './cryptoperiod.ts';
import { AlreadyDecided, NotAnApprover, NotApproved, SelfApproval } from './errors.ts';
import type { KeyRecord } from './key.ts';
import type { Principal } from './principal.ts';
import type { ApprovalRule, DecisionRecord, RequestRecord } from './request.ts';
import { canFill } from './seating.ts';
import { changesOf } from './untouched.ts';

/** The rule's groups, each once, with `owner` replaced by the group that owns the key. */
export function approverGroups(rule: ApprovalRule, owner: string): string[] {
  return named([...rule.groups, ...(rule.atLeast ?? []).map(({ group }) => group)], owner);
}

/** The groups that a request has to be shown to; none when its quorum is 0. */
export function groupsAnswering(rule: ApprovalRule, owner: string): string[] {
  return rule.quorum === 0 ? [] : approverGroups(rule, owner);
}

/** The groups that decide a request when nobody of the others has for too long. */
export function escalationGroups(rule: ApprovalRule, owner: string): string[] {
  return rule.quorum === 0 ? [] : named(rule.escalation?.groups ?? [], owner);
}

/** When a request is taken to its second groups; undefined when it never is. */
export function escalatesAt({
  approval,
  createdAt,
}: Pick<RequestRecord, 'approval' | 'createdAt'>): string | undefined {
  return approval.escalation === undefined ? undefined : plusDuration(createdAt, approval.escalation.after);
}

/** The groups whose people can decide a request at a time. */
export function groupsDeciding(
  request: Pick<RequestRecord, 'approval' | 'owner' | 'createdAt'>,
  at: string,
): string[] {
  const { approval, owner } = request;
  const due = escalatesAt(request);
  const second = due === undefined || isBefore(at, due) ? [] : escalationGroups(approval, owner);
  return [...new Set([...groupsAnswering(approval, owner), ...second])];
}

/**
 * The places of a quorum, each with the groups that can fill it. Escalation groups can fill every place, for decisions
 * from `escalatesAt` on; pass `escalated` for one of those.
 */
export function seatsOf(rule: ApprovalRule, owner: string, escalated: boolean): string[][] {
  const second = escalated ? escalationGroups(rule, owner) : [];
  const certain = (rule.atLeast ?? []).flatMap(({ people, group }) =>
    Array.from({ length: people }, () => [...named([group], owner), ...second]),
  );
  const open = Math.max(0, rule.quorum - certain.length);
  return [...certain, ...Array.from({ length: open }, () => [...approverGroups(rule, owner), ...second])];
}

/** Somebody whose place a person may take for a time. */
export type StandIn = NonNullable<DecisionRecord['behalf']>;

/**
 * Whether this principal may decide this request now. Throws, in this order, SelfApproval (the requester never decides,
 * whatever its groups), NotAnApprover (not a person, or in none of the groups, neither in its own right nor in
 * somebody's place) and AlreadyDecided (one person counts once, whatever the channel; the details hold the decision
 * that stands). Returns in whose place the principal decides; undefined when in its own right.
 */
export function assertMayDecide({
  now,
  request,
  principal,
  decisions,
  standIns = [],
}: {
  readonly now: string;
  readonly request: RequestRecord;
  readonly principal: Principal;
  readonly decisions: readonly DecisionRecord[];
  readonly standIns?: readonly StandIn[];
}): StandIn | undefined {
  if (principal.id === request.requester.id) {
    throw new SelfApproval(
      'You asked for this yourself. Somebody else has to decide; you can still cancel it.',
    );
  }
  const groups = groupsDeciding(request, now);
  if (principal.kind !== 'person') {
    throw new NotAnApprover('Only people decide. Sign in as a person.', { groups });
  }
  const mayDecide = (of: { readonly groups: readonly string[] }) =>
    groups.some((group) => of.groups.includes(group));
  const behalf = standIns.find(
    (standIn) => mayDecide(standIn) && isUnspent(standIn, request, decisions, principal.id),
  );
  if (!mayDecide(principal) && behalf === undefined) {
    throw new NotAnApprover(
      groups.length === 0
        ? 'This request needs nobody’s approval.'
        : `You are in none of the groups that decide this request. Ask somebody of: ${groups.join(', ')}.`,
      { groups },
    );
  }
  const standing = decisions.find(
    ({ person, digest }) => person.id === principal.id && digest === request.digest,
  );
  if (standing !== undefined) {
    throw new AlreadyDecided(
      `You have already decided: ${standing.verdict}, at ${standing.decidedAt}. That decision stands.`,
      { verdict: standing.verdict, decidedAt: standing.decidedAt, channel: standing.channel },
    );
  }
  return mayDecide(principal) ? undefined : behalf;
}

/**
 * What the decisions come to. It trusts none of the checks made when they were taken: a decision counts only if it is
 * on this request and this digest, by a person who is not the requester and was in one of the groups, in their own
 * right or in the place of one person whose authority nobody else has used; it is proved as the rule wants, with a
 * passkey that nobody else has signed with; and it fills a place of the quorum that no other fills. One valid no is a no.
 */
export function quorumOutcome(
  request: RequestRecord,
  decisions: readonly DecisionRecord[],
): 'approved' | 'denied' | 'waiting' {
  const { approval, owner } = request;
  const valid = onePerPerson(decisions.filter((decision) => isOnThis(request, decision))).flatMap(
    (decision, _index, all) => {
      const groups = authorityOf(decision, request, all);
      return groupsDeciding(request, decision.decidedAt).some((group) => groups.includes(group))
        ? [{ ...decision, groups }]
        : [];
    },
  );
  if (valid.some(({ verdict }) => verdict === 'deny')) return 'denied';
  const due = escalatesAt(request);
  const approvers = valid
    .filter(
      (decision, _index, all) => isProved(approval, decision) && !isSignedByAnother(decision, request, all),
    )
    .map(({ groups, decidedAt }) => ({
      groups,
      seats: seatsOf(approval, owner, due !== undefined && !isBefore(decidedAt, due)),
    }));
  const seats = seatsOf(approval, owner, false).length;
  return canFill(seats, approvers.length, (seat, approver) => {
    const { groups, seats: open } = approvers[approver] ?? { groups: [], seats: [] };
    return open[seat]?.some((group) => groups.includes(group)) ?? false;
  })
    ? 'approved'
    : 'waiting';
}

/**
 * The check before anything is executed. Throws NotApproved unless the quorum stands and the request is, field by
 * field, still the one its digest was made of, on the key that it was asked for.
 */
export function assertApproved(
  request: RequestRecord,
  key: KeyRecord,
  decisions: readonly DecisionRecord[],
): void {
  const { requestId } = request;
  const changes = changesOf(request, key);
  if (changes.length > 0) {
    throw new NotApproved(
      `Request ${requestId} is not the one that was asked for: ${changes.join(' ')} Treat it as tampering.`,
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

/** Whether an approval is proved in the way that the rule wants. A no needs no proof: it changes nothing. */
function isProved({ mfa, passkey }: ApprovalRule, decision: DecisionRecord): boolean {
  return (mfa !== true || decision.mfa) && (passkey !== true || decision.passkey !== undefined);
}

/** One passkey is one person's, whatever names they decide under: of those who signed with it the first counts. */
export function isSignedByAnother(
  { person, passkey, decidedAt }: Pick<DecisionRecord, 'person' | 'passkey' | 'decidedAt'>,
  request: RequestRecord,
  decisions: readonly DecisionRecord[],
): boolean {
  return decisions.some(
    (other) =>
      isOnThis(request, other) &&
      other.person.id !== person.id &&
      passkey !== undefined &&
      other.passkey?.publicKey === passkey.publicKey &&
      isEarlier(other, { decidedAt, by: person.id }),
  );
}

function isOnThis({ requestId, digest, requester }: RequestRecord, decision: DecisionRecord): boolean {
  return (
    decision.requestId === requestId &&
    decision.digest === digest &&
    decision.person.kind === 'person' &&
    decision.person.id !== requester.id
  );
}

/** Of several decisions of one person a no counts, else the first: the registry holds one, an export may claim more. */
function onePerPerson(decisions: readonly DecisionRecord[]): DecisionRecord[] {
  const byPerson = new Map<string, DecisionRecord>();
  for (const decision of decisions) {
    const known = byPerson.get(decision.person.id);
    if (known === undefined || compareDecisions(decision, known) < 0)
      byPerson.set(decision.person.id, decision);
  }
  return [...byPerson.values()];
}

/** A no first, then by time, then by channel: an order that does not depend on that of the list. */
function compareDecisions(a: DecisionRecord, b: DecisionRecord): number {
  const rank = ({ verdict }: DecisionRecord) => (verdict === 'deny' ? 0 : 1);
  return rank(a) - rank(b) || a.decidedAt.localeCompare(b.decidedAt) || a.channel.localeCompare(b.channel);
}

/** The groups that a decision counts with: its person's, and those of whoever it stands in for. */
function authorityOf(
  { person, groups, behalf }: DecisionRecord,
  request: RequestRecord,
  decisions: readonly DecisionRecord[],
): string[] {
  return behalf !== undefined && isUnspent(behalf, request, decisions, person.id)
    ? [...groups, ...behalf.groups]
    : groups;
}

/** Nobody stands in for the requester, nor for somebody who has decided or whom another stood in for already. */
function isUnspent(
  behalf: StandIn,
  { requester, digest }: RequestRecord,
  decisions: readonly DecisionRecord[],
  by: string,
): boolean {
  const mine = decisions.find((each) => each.person.id === by && each.digest === digest)?.decidedAt;
  return (
    behalf.person.id !== requester.id &&
    !decisions.some(
      (other) =>
        other.digest === digest &&
        other.person.id !== by &&
        (other.person.id === behalf.person.id ||
          (other.behalf?.person.id === behalf.person.id &&
            (mine === undefined || isEarlier(other, { decidedAt: mine, by })))),
    )
  );
}

function isEarlier(
  { decidedAt, person }: DecisionRecord,
  mine: { readonly decidedAt: string; readonly by: string },
): boolean {
  return decidedAt === mine.decidedAt ? person.id < mine.by : decidedAt < mine.decidedAt;
}

function named(groups: readonly string[], owner: string): string[] {
  return [...new Set(groups.map((group) => (group === 'owner' ? owner : group)))];
}
