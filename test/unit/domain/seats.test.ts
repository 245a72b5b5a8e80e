import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AbsenceRecord, absenceOf, awayNow, isAway } from '../../../lambdas/domain/absence.ts';
import { assertDecidable, type Electorate, eligible } from '../../../lambdas/domain/eligibility.ts';
import { actorOf, type Principal } from '../../../lambdas/domain/principal.ts';
import {
  assertMayDecide,
  groupsDeciding,
  quorumOutcome,
  type StandIn,
} from '../../../lambdas/domain/quorum.ts';
import type { ApprovalRule, DecisionRecord, RequestRecord } from '../../../lambdas/domain/request.ts';
import { canFill } from '../../../lambdas/domain/seating.ts';
import { assertionOf } from './deciding.ts';
import { aPasskeyAssertion, aRequest, decisionOf, olga, omar, person, sami } from './examples.ts';

const ABSENCE = 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W4';
const sue = person('sue', 'security');
const piet = person('piet', 'payments');
const both = person('both', 'payments', 'security');
const cora = person('cora', 'custodians');

const withRule = (rule: Partial<ApprovalRule>): RequestRecord => ({
  ...aRequest,
  approval: { ...aRequest.approval, ...rule },
});
const oneOfEach = withRule({
  atLeast: [
    { people: 1, group: 'security' },
    { people: 1, group: 'owner' },
  ],
});
const standInFor = (who: Principal): StandIn => ({
  person: actorOf(who),
  groups: who.groups,
  absenceId: ABSENCE,
});

describe('a quorum with places for groups', () => {
  test.each<[string, readonly DecisionRecord[], ReturnType<typeof quorumOutcome>]>([
    ['one of each', [decisionOf(omar), decisionOf(sami)], 'approved'],
    ['two owners', [decisionOf(omar), decisionOf(piet)], 'waiting'],
    ['two of security', [decisionOf(sue), decisionOf(sami)], 'waiting'],
    ['somebody in both groups, alone', [decisionOf(both)], 'waiting'],
    ['somebody in both groups and an owner', [decisionOf(omar), decisionOf(both)], 'approved'],
    ['somebody in both groups and one of security', [decisionOf(both), decisionOf(sami)], 'approved'],
    ['the requester for the owners', [decisionOf(olga), decisionOf(sami)], 'waiting'],
  ])('%s: %s', (_what, decisions, outcome) => {
    expect(quorumOutcome(oneOfEach, decisions)).toBe(outcome);
    expect(quorumOutcome(oneOfEach, decisions.toReversed())).toBe(outcome);
  });

  test('is filled exactly when some assignment of people to places fills it', () => {
    // Every assignment is tried: slow, and plainly right.
    const bruteForce = (
      fits: readonly (readonly boolean[])[],
      seat = 0,
      taken = new Set<number>(),
    ): boolean =>
      seat === fits.length ||
      (fits[seat] ?? []).some(
        (fit, who) => fit && !taken.has(who) && bruteForce(fits, seat + 1, new Set([...taken, who])),
      );
    fc.assert(
      fc.property(
        fc
          .integer({ min: 0, max: 5 })
          .chain((people) =>
            fc.array(fc.array(fc.boolean(), { minLength: people, maxLength: people }), { maxLength: 5 }),
          ),
        (fits) => {
          const people = fits[0]?.length ?? 0;
          expect(canFill(fits.length, people, (seat, who) => fits[seat]?.[who] ?? false)).toBe(
            bruteForce(fits),
          );
        },
      ),
    );
  });
});

describe('proof', () => {
  const unproved = { mfa: false } as const;

  test('approvals without the second factor that the rule wants do not count, and a no does', () => {
    const request = withRule({ quorum: 1, mfa: true });
    expect(quorumOutcome(request, [decisionOf(sami, unproved)])).toBe('waiting');
    expect(quorumOutcome(request, [decisionOf(sami)])).toBe('approved');
    expect(quorumOutcome(request, [decisionOf(sami, { ...unproved, verdict: 'deny' })])).toBe('denied');
  });

  test('approvals without the passkey that the rule wants do not count, and a no does', () => {
    const request = withRule({ quorum: 1, passkey: true });
    expect(quorumOutcome(request, [decisionOf(sami)])).toBe('waiting');
    expect(quorumOutcome(request, [decisionOf(sami, { passkey: aPasskeyAssertion })])).toBe('approved');
    expect(quorumOutcome(request, [decisionOf(sami, { verdict: 'deny' })])).toBe('denied');
  });

  test('two who approve with one passkey are one; the first of them', () => {
    const early = '2026-11-25T05:00:00.000Z';
    const late = '2026-11-25T06:00:00.000Z';
    const signed = (who: Principal, with_: Principal, decidedAt: string) =>
      decisionOf(who, { passkey: assertionOf(with_), decidedAt });
    const request = withRule({ passkey: true });
    const shared = [signed(omar, omar, early), signed(sami, omar, late)];
    for (const order of [shared, shared.toReversed()]) expect(quorumOutcome(request, order)).toBe('waiting');
    const own = [signed(omar, omar, early), signed(sami, sami, late)];
    expect(quorumOutcome(request, own)).toBe('approved');
    expect(quorumOutcome(oneOfEach, shared)).toBe('waiting');
    expect(quorumOutcome(request, [...shared, signed(both, both, late)])).toBe('approved');
  });
});

describe('escalation', () => {
  const request = withRule({ quorum: 1, escalation: { after: 'P3D', groups: ['custodians'] } });
  const before = '2026-11-28T03:02:21.999Z';
  const after = '2026-11-28T03:02:22.000Z';

  test('lets the second groups decide from its time on, and not before', () => {
    expect(groupsDeciding(request, before)).toEqual(['payments', 'security']);
    expect(groupsDeciding(request, after)).toEqual(['payments', 'security', 'custodians']);
    const may = (now: string) => () => assertMayDecide({ now, request, principal: cora, decisions: [] });
    expect(may(before)).toThrow(expect.objectContaining({ code: 'NotAnApprover' }));
    expect(may(after)).not.toThrow();
    expect(quorumOutcome(request, [decisionOf(cora, { decidedAt: before })])).toBe('waiting');
    expect(quorumOutcome(request, [decisionOf(cora, { decidedAt: after })])).toBe('approved');
  });

  test('fills a place that was for one group', () => {
    const each = withRule({ ...oneOfEach.approval, escalation: { after: 'P3D', groups: ['custodians'] } });
    expect(quorumOutcome(each, [decisionOf(omar), decisionOf(cora, { decidedAt: after })])).toBe('approved');
    expect(quorumOutcome(each, [decisionOf(omar), decisionOf(cora, { decidedAt: before })])).toBe('waiting');
  });
});

describe('a substitute', () => {
  const stranger = person('stranger', 'guests');
  const inPlaceOf = (who: Principal, by = stranger, changes: Partial<DecisionRecord> = {}) =>
    decisionOf(by, { behalf: standInFor(who), ...changes });
  const may = (standIns: readonly StandIn[], decisions: readonly DecisionRecord[] = []) =>
    assertMayDecide({
      now: aRequest.createdAt,
      request: aRequest,
      principal: stranger,
      decisions,
      standIns,
    });

  test('decides with the groups of the person who is away', () => {
    expect(may([standInFor(sami)])).toEqual(standInFor(sami));
    expect(quorumOutcome(aRequest, [inPlaceOf(sami), decisionOf(omar)])).toBe('approved');
  });

  test('decides in their own right where they can', () => {
    expect(
      assertMayDecide({
        now: aRequest.createdAt,
        request: aRequest,
        principal: omar,
        decisions: [],
        standIns: [standInFor(sami)],
      }),
    ).toBeUndefined();
  });

  test('never stands in for the requester', () => {
    expect(() => may([standInFor(olga)])).toThrow(expect.objectContaining({ code: 'NotAnApprover' }));
    expect(quorumOutcome(aRequest, [inPlaceOf(olga), decisionOf(sami)])).toBe('waiting');
  });

  test('is no second voice of somebody who has decided', () => {
    expect(() => may([standInFor(sami)], [decisionOf(sami)])).toThrow(
      expect.objectContaining({ code: 'NotAnApprover' }),
    );
    expect(quorumOutcome(aRequest, [decisionOf(sami), inPlaceOf(sami)])).toBe('waiting');
  });

  test('who has decided on an earlier digest stands in for nobody in whose place another has decided since', () => {
    const other = person('other', 'guests');
    const earlier = inPlaceOf(sami, stranger, {
      digest: 'e'.repeat(64),
      decidedAt: '2026-11-25T04:00:00.000Z',
    });
    const since = inPlaceOf(sami, other, { decidedAt: '2026-11-25T05:00:00.000Z' });
    expect(() => may([standInFor(sami)], [earlier, since])).toThrow(
      expect.objectContaining({ code: 'NotAnApprover' }),
    );
    expect(may([standInFor(sami)], [earlier])).toEqual(standInFor(sami));
  });

  test('is one of two that stood in for the same person: only the first counts', () => {
    const other = person('other', 'guests');
    const two = [
      inPlaceOf(sami, stranger, { decidedAt: '2026-11-25T05:00:00.000Z' }),
      inPlaceOf(sami, other, { decidedAt: '2026-11-25T06:00:00.000Z' }),
    ];
    expect(quorumOutcome(aRequest, two)).toBe('waiting');
    expect(quorumOutcome(aRequest, two.toReversed())).toBe('waiting');
    expect(quorumOutcome(aRequest, [...two, decisionOf(omar)])).toBe('approved');
  });
});

describe('an absence', () => {
  const now = '2026-11-25T03:02:22.000Z';
  const asked = {
    absenceId: ABSENCE,
    person: actorOf(sami),
    from: '2026-12-01T00:00:00.000Z',
    until: '2026-12-15T00:00:00.000Z',
    substitute: actorOf(sue),
  };

  test('lasts from its beginning to just before its end, or to the person’s return', () => {
    const absence = absenceOf(asked, [], now);
    expect(isAway(absence, '2026-11-30T23:59:59.999Z')).toBe(false);
    expect(isAway(absence, asked.from)).toBe(true);
    expect(isAway(absence, '2026-12-14T23:59:59.999Z')).toBe(true);
    expect(isAway(absence, asked.until)).toBe(false);
    expect(isAway({ ...absence, endedAt: '2026-12-02T00:00:00.000Z' }, '2026-12-03T00:00:00.000Z')).toBe(
      false,
    );
  });

  test.each<[string, Partial<AbsenceRecord>, string]>([
    ['that ends before it begins', { until: '2026-11-30T00:00:00.000Z' }, '/until'],
    ['that is over', { from: '2026-01-01T00:00:00.000Z', until: now }, '/until'],
    ['of more than a year', { until: '2027-12-02T00:00:00.000Z' }, '/until'],
    ['with oneself as the substitute', { substitute: actorOf(sami) }, '/substitute'],
  ])('%s is refused', (_what, changes, pointer) => {
    expect(() => absenceOf({ ...asked, ...changes }, [], now)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', details: { pointer } }),
    );
  });

  const first = absenceOf(asked, [], now);
  const second = { ...asked, absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W9' };

  test.each<[string, string, string]>([
    ['in the middle', '2026-12-05T00:00:00.000Z', '2026-12-06T00:00:00.000Z'],
    ['at the beginning', '2026-11-27T00:00:00.000Z', '2026-12-01T00:00:00.001Z'],
    ['at the end', '2026-12-14T23:59:59.999Z', '2026-12-20T00:00:00.000Z'],
    ['around it', '2026-11-27T00:00:00.000Z', '2026-12-20T00:00:00.000Z'],
  ])('does not begin within another, %s', (_where, from, until) => {
    expect(() => absenceOf({ ...second, from, until }, [first], now)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', details: { pointer: '/from' } }),
    );
    const back = { ...first, endedAt: '2026-11-26T12:00:00.000Z' };
    expect(absenceOf({ ...second, from, until }, [back], now)).toMatchObject({ from, until });
  });

  test('may follow another', () => {
    const next = { ...second, from: asked.until, until: '2026-12-20T00:00:00.000Z' };
    expect(absenceOf(next, [first], now)).toMatchObject(next);
  });
});

describe('eligibility', () => {
  const rule = oneOfEach.approval;
  const electorate = (
    members: Record<string, readonly Principal[]>,
    away: readonly (readonly [Principal, Principal?])[] = [],
  ): Electorate => ({
    members: new Map(Object.entries(members).map(([group, all]) => [group, all.map(actorOf)])),
    away: new Map(away.map(([who, substitute]) => [who.id, substitute && actorOf(substitute)])),
  });
  const refused = expect.objectContaining({ code: 'NobodyEligible' });
  const check =
    (who: Electorate, of: ApprovalRule = rule) =>
    () =>
      assertDecidable(of, 'payments', olga.id, who);

  test.each<[string, Electorate, boolean]>([
    ['one of each', electorate({ payments: [olga, omar], security: [sami] }), true],
    ['the requester as the only owner', electorate({ payments: [olga], security: [sami, sue] }), false],
    ['nobody of security', electorate({ payments: [olga, omar, piet], security: [] }), false],
    ['one person in both groups', electorate({ payments: [olga, both], security: [both] }), false],
    ['the only one of security away', electorate({ payments: [omar], security: [sami] }, [[sami]]), false],
    [
      'the only one of security away, with a substitute',
      electorate({ payments: [omar], security: [sami] }, [[sami, cora]]),
      true,
    ],
    [
      'the requester as the substitute',
      electorate({ payments: [omar], security: [sami] }, [[sami, olga]]),
      false,
    ],
    [
      'a substitute who has a place of their own and no other',
      electorate({ payments: [omar], security: [sami] }, [[sami, omar]]),
      false,
    ],
    [
      'a substitute who is away as well',
      electorate({ payments: [omar], security: [sami] }, [[sami, cora], [cora]]),
      false,
    ],
  ])('%s: %s', (_what, who, possible) => {
    if (possible) expect(check(who)).not.toThrow();
    else expect(check(who)).toThrow(refused);
  });

  test('counts those to whom a request is escalated', () => {
    const escalating = { ...rule, escalation: { after: 'P3D', groups: ['custodians'] } };
    expect(check(electorate({ payments: [omar], custodians: [cora] }), escalating)).not.toThrow();
  });

  test('says how many there are and what to do', () => {
    expect(check(electorate({ payments: [olga] }))).toThrow(/nobody.*Have people added to these groups/);
  });

  test('whoever is found eligible could make the quorum', () => {
    const anybody = fc.constantFrom(olga, omar, piet, sami, sue, both, cora);
    fc.assert(
      fc.property(
        fc.uniqueArray(anybody, { selector: ({ id }) => id }),
        fc.array(fc.tuple(anybody, fc.option(anybody, { nil: undefined })), { maxLength: 3 }),
        (people, away) => {
          const who = electorate(
            {
              payments: people.filter(({ groups }) => groups.includes('payments')),
              security: people.filter(({ groups }) => groups.includes('security')),
            },
            away,
          );
          const decisions = [...eligible(who, olga.id)].map(([id, groups]) =>
            decisionOf({ ...person('x'), id, groups: [...groups] }),
          );
          const possible = quorumOutcome(oneOfEach, decisions) === 'approved';
          if (possible) expect(check(who)).not.toThrow();
          else expect(check(who)).toThrow(refused);
        },
      ),
    );
  });

  test('awayNow names those who are away at a time', () => {
    const absence = absenceOf(
      {
        absenceId: ABSENCE,
        person: actorOf(sami),
        from: '2026-11-25T00:00:00.000Z',
        until: '2026-11-27T00:00:00.000Z',
        substitute: actorOf(sue),
      },
      [],
      '2026-11-25T00:00:00.000Z',
    );
    expect(awayNow([absence], '2026-11-26T00:00:00.000Z')).toEqual(new Map([[sami.id, actorOf(sue)]]));
    expect(awayNow([absence], '2026-11-27T00:00:00.000Z')).toEqual(new Map());
  });
});
