import { NobodyEligible } from './errors.ts';
import type { Actor } from './principal.ts';
import { approverGroups, escalationGroups, seatsOf } from './quorum.ts';
import type { ApprovalRule } from './request.ts';
import { canFill } from './seating.ts';

/** Who there is to decide: the members of each group, and who of them is away (with a substitute or without). */
export interface Electorate {
  readonly members: ReadonlyMap<string, readonly Actor[]>;
  readonly away: ReadonlyMap<string, Actor | undefined>;
}

/** The groups whose members have to be known to tell whether a quorum can come together. */
export function groupsToKnow(rule: ApprovalRule, owner: string): string[] {
  return rule.quorum === 0
    ? []
    : [...new Set([...approverGroups(rule, owner), ...escalationGroups(rule, owner)])];
}

/**
 * The people who can decide a request of this requester, each with the groups that they decide with. A substitute has
 * the groups of whom they stand in for; the requester is none of them, and nobody stands in for the requester.
 */
export function eligible(
  { members, away }: Electorate,
  requesterId: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const people = new Map<string, Set<string>>();
  for (const [group, all] of members) {
    for (const { id } of all) {
      if (id === requesterId) continue;
      const deciding = away.has(id) ? away.get(id)?.id : id;
      if (deciding === undefined || deciding === requesterId || away.has(deciding)) continue;
      people.set(deciding, (people.get(deciding) ?? new Set()).add(group));
    }
  }
  return people;
}

/** Whether those who can decide could make the quorum. Whoever is added to a group cannot make a yes a no. */
export function isDecidable(
  rule: ApprovalRule,
  owner: string,
  requesterId: string,
  electorate: Electorate,
): boolean {
  const people = [...eligible(electorate, requesterId).values()];
  const seats = seatsOf(rule, owner, true);
  const fits = (seat: number, person: number) =>
    seats[seat]?.some((group) => people[person]?.has(group) ?? false) ?? false;
  return canFill(seats.length, people.length, fits);
}

/**
 * Throws NobodyEligible when no member of the groups that are not all known, whoever they are, could make the quorum:
 * some of its places are for other groups, and those have too few who can decide.
 */
export function assertNotHopeless(
  rule: ApprovalRule,
  owner: string,
  requesterId: string,
  electorate: Electorate,
  unknown: ReadonlySet<string>,
): void {
  const people = [...eligible(electorate, requesterId).values()];
  const seats = seatsOf(rule, owner, true).filter((seat) => !seat.some((group) => unknown.has(group)));
  const fits = (seat: number, person: number) =>
    seats[seat]?.some((group) => people[person]?.has(group) ?? false) ?? false;
  if (canFill(seats.length, people.length, fits)) return;
  const groups = [...new Set(seats.flat())];
  const fitting = people.filter((of) => groups.some((group) => of.has(group))).length;
  throw new NobodyEligible(
    `This needs ${seats.length} other ${seats.length === 1 ? 'person' : 'people'} of ${groups.join(', ')} not away, and ${tooFew(fitting)}. Have people added to these groups, or have somebody else ask.`,
    { groups, eligible: fitting, quorum: rule.quorum },
  );
}

/** Throws NobodyEligible when those who can decide could never make the quorum. */
export function assertDecidable(
  rule: ApprovalRule,
  owner: string,
  requesterId: string,
  electorate: Electorate,
): void {
  if (isDecidable(rule, owner, requesterId, electorate)) return;
  const people = eligible(electorate, requesterId).size;
  const groups = groupsToKnow(rule, owner);
  throw new NobodyEligible(
    `This needs ${rule.quorum} other people of ${groups.join(', ')} who are not away, and ${tooFew(people)}. Have people added to these groups, or have somebody else ask.`,
    { groups, eligible: people, quorum: rule.quorum },
  );
}

function tooFew(people: number): string {
  return people === 0 ? 'there is nobody' : `there are not enough (${people} can decide)`;
}
