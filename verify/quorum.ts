import { isBefore } from '../lambdas/domain/cryptoperiod.ts';
import type { RequestExport } from '../lambdas/domain/export.ts';
import { groupsDeciding, quorumOutcome } from '../lambdas/domain/quorum.ts';
import type { DecisionRecord } from '../lambdas/domain/request.ts';
import { nameOf } from './name.ts';

/** The states that nothing reaches but by its quorum. */
const approvedStates = new Set(['approved', 'executing', 'succeeded']);

/** Whether the decisions come to what the request says, and none of them should never have been taken. */
export function quorumFaults({ request, decisions }: RequestExport): string[] {
  return [...outcomeFaults(request, decisions), ...deciderFaults(request, decisions)];
}

function outcomeFaults(request: RequestExport['request'], decisions: readonly DecisionRecord[]): string[] {
  if (request.approval.quorum === 0) return [];
  const outcome = quorumOutcome(request, decisions);
  const approved = approvedStates.has(request.state);
  const claims = approved ? 'approved' : request.state === 'denied' ? 'denied' : undefined;
  if (claims !== undefined && outcome !== claims) {
    return [`The decisions come to «${outcome}», and the request says it was ${claims}.`];
  }
  const waits = request.state === 'awaiting-approval' && outcome !== 'waiting';
  return waits ? [`The decisions come to «${outcome}», and the request says it still waits.`] : [];
}

/** What makes a decision void is told, whether the quorum stands without it or not: it should never have been taken. */
function deciderFaults(request: RequestExport['request'], decisions: readonly DecisionRecord[]): string[] {
  const { requestId, requester, approval, expiresAt } = request;
  const seen = new Set<string>();
  const again = (digest: string, part: string): boolean => {
    const known = seen.has(`${digest} ${part}`);
    seen.add(`${digest} ${part}`);
    return known;
  };
  return decisions.flatMap((decision) => {
    const { person, behalf, digest, verdict, mfa, decidedAt } = decision;
    const groups = new Set([...decision.groups, ...(behalf?.groups ?? [])]);
    const name = nameOf(decision);
    const voids: readonly (readonly [boolean, string])[] = [
      [decision.requestId !== requestId, 'decided another request'],
      [person.kind !== 'person', 'is not a person'],
      [person.id === requester.id, 'asked for it, and decided it'],
      [behalf?.person.id === requester.id, 'stood in for the one who asked'],
      [again(digest, `by ${person.id}`), 'decided twice'],
      [
        behalf !== undefined && again(digest, `for ${behalf.person.id}`),
        `was the second to stand in for ${behalf?.person.id}`,
      ],
      [
        !groupsDeciding(request, decidedAt).some((group) => groups.has(group)),
        'was in none of the groups that decide',
      ],
      [!isBefore(decidedAt, expiresAt), 'decided when the time was over'],
      [
        verdict === 'approve' && approval.mfa === true && !mfa,
        'approved without a second factor, which the rule wants',
      ],
    ];
    return voids.flatMap(([isVoid, how]) => (isVoid ? [`${name} ${how}.`] : []));
  });
}
