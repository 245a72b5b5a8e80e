import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import { NotApproved } from '../../../lambdas/domain/errors.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import {
  approverGroups,
  assertApproved,
  assertMayDecide,
  groupsAnswering,
  quorumOutcome,
} from '../../../lambdas/domain/quorum.ts';
import type { DecisionRecord, RequestRecord } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, decisionOf, olga, omar, person, sami } from './examples.ts';

const rule = aRequest.approval;
const now = aRequest.createdAt;

describe('groups', () => {
  test('owner stands for the group that owns the key, and each group is named once', () => {
    expect(approverGroups({ ...rule, groups: ['owner', 'security', 'payments'] }, 'payments')).toEqual([
      'payments',
      'security',
    ]);
  });

  test('nobody is asked for a quorum of 0', () => {
    expect(groupsAnswering(rule, 'payments')).toEqual(['payments', 'security']);
    expect(groupsAnswering({ ...rule, quorum: 0 }, 'payments')).toEqual([]);
  });
});

describe('assertMayDecide', () => {
  const machine: Principal = {
    ...sami,
    kind: 'machine',
    id: 'machine:arn:aws:iam::111122223333:role/security',
  };
  const decisions = [decisionOf(omar, { verdict: 'deny' })];

  test.each([
    ['a person of a named group', sami, undefined],
    ['the requester', olga, 'SelfApproval'],
    [
      'the requester with every group',
      { ...olga, groups: ['security', 'auditors', 'owner'] },
      'SelfApproval',
    ],
    ['the requester in no group', { ...olga, groups: [] }, 'SelfApproval'],
    ['a machine in a named group', machine, 'NotAnApprover'],
    ['a service in a named group', { ...machine, kind: 'service' as const }, 'NotAnApprover'],
    ['a person in other groups', person('nina', 'marketing'), 'NotAnApprover'],
    ['a person in no group', person('nina'), 'NotAnApprover'],
    ['a person in a group that is called owner', person('nina', 'owner'), 'NotAnApprover'],
    ['a person who has decided', omar, 'AlreadyDecided'],
    ['a person who has decided and left the group', { ...omar, groups: [] }, 'NotAnApprover'],
  ])('%s: %s', (_who, principal, code) => {
    const attempt = () => assertMayDecide({ now, request: aRequest, principal, decisions });
    if (code === undefined) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  test('a machine that asked is refused as the requester, not as a machine', () => {
    const request = {
      ...aRequest,
      requester: { kind: 'machine' as const, id: machine.id, name: 'security' },
    };
    expect(() => assertMayDecide({ now, request, principal: machine, decisions: [] })).toThrow(
      expect.objectContaining({ code: 'SelfApproval' }),
    );
  });

  test('who decides again is shown the decision that stands', () => {
    expect(() => assertMayDecide({ now, request: aRequest, principal: omar, decisions })).toThrow(
      expect.objectContaining({
        details: { verdict: 'deny', decidedAt: '2026-11-25T04:00:00.000Z', channel: 'api' },
      }),
    );
  });

  test('a request without a quorum has no approvers', () => {
    const request = { ...aRequest, approval: { ...rule, quorum: 0 } };
    expect(() => assertMayDecide({ now, request, principal: sami, decisions: [] })).toThrow(
      expect.objectContaining({ code: 'NotAnApprover' }),
    );
  });
});

describe('quorumOutcome', () => {
  const yes = [decisionOf(omar), decisionOf(sami)];

  test.each<[string, readonly DecisionRecord[], ReturnType<typeof quorumOutcome>]>([
    ['no decision', [], 'waiting'],
    ['one of two', [decisionOf(omar)], 'waiting'],
    ['two people', yes, 'approved'],
    ['two people of one group', [decisionOf(omar), decisionOf(person('piet', 'payments'))], 'approved'],
    ['one person on two channels', [decisionOf(omar), decisionOf(omar, { channel: 'page' })], 'waiting'],
    ['the requester and another', [decisionOf(olga), decisionOf(sami)], 'waiting'],
    ['one on another digest', [decisionOf(omar), decisionOf(sami, { digest: '9'.repeat(64) })], 'waiting'],
    [
      'one on another request',
      [decisionOf(omar), decisionOf(sami, { requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W9' })],
      'waiting',
    ],
    ['one from no named group', [decisionOf(omar), decisionOf(person('nina', 'marketing'))], 'waiting'],
    ['one from a group called owner', [decisionOf(omar), decisionOf(person('nina', 'owner'))], 'waiting'],
    ['one by a machine', [decisionOf(omar), decisionOf({ ...sami, kind: 'machine' })], 'waiting'],
    ['a no before', [decisionOf(omar, { verdict: 'deny' })], 'denied'],
    [
      'a no among enough yes',
      [...yes, decisionOf(person('piet', 'payments'), { verdict: 'deny' })],
      'denied',
    ],
    ['a no of the requester', [...yes, decisionOf(olga, { verdict: 'deny' })], 'approved'],
    [
      'a no on another digest',
      [...yes, decisionOf(person('piet', 'payments'), { verdict: 'deny', digest: '9'.repeat(64) })],
      'approved',
    ],
  ])('%s: %s', (_what, decisions, outcome) => {
    expect(quorumOutcome(aRequest, decisions)).toBe(outcome);
  });

  const anyDecision = fc
    .record({
      who: fc.constantFrom(
        olga,
        omar,
        sami,
        person('piet', 'payments', 'security'),
        person('nina', 'marketing'),
      ),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'approve' as const, 'deny' as const),
      digest: fc.constantFrom(aRequest.digest, aRequest.digest, '9'.repeat(64)),
      channel: fc.constantFrom('api' as const, 'page' as const),
    })
    .map(({ who, ...changes }) => decisionOf(who, changes));
  const anyRequest = fc.integer({ min: 1, max: 4 }).map(requestNeeding);

  function requestNeeding(quorum: number): RequestRecord {
    return { ...aRequest, approval: { ...rule, quorum } };
  }

  test('does not depend on the order of the decisions or on repetition', () => {
    fc.assert(
      fc.property(
        anyRequest,
        fc
          .array(anyDecision, { maxLength: 8 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
          ),
        (request, [decisions, shuffled]) => {
          expect(quorumOutcome(request, shuffled)).toBe(quorumOutcome(request, decisions));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('never counts the requester, a stranger or one person twice', () => {
    fc.assert(
      fc.property(anyRequest, fc.array(anyDecision, { maxLength: 8 }), (request, decisions) => {
        const eligible = ['person:omar', 'person:sami', 'person:piet'].filter((id) =>
          decisions.some(
            ({ person, digest, verdict }) =>
              person.id === id && digest === request.digest && verdict === 'approve',
          ),
        );
        if (quorumOutcome(request, decisions) === 'approved') {
          expect(eligible.length).toBeGreaterThanOrEqual(request.approval.quorum);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('nothing that the requester adds changes it', () => {
    fc.assert(
      fc.property(
        anyRequest,
        fc.array(anyDecision, { maxLength: 6 }),
        fc.array(fc.constantFrom('approve' as const, 'deny' as const), { maxLength: 3 }),
        (request, decisions, verdicts) => {
          const added = verdicts.map((verdict) => decisionOf({ ...olga, groups: ['security'] }, { verdict }));
          expect(quorumOutcome(request, [...added, ...decisions])).toBe(quorumOutcome(request, decisions));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('assertApproved', () => {
  const yes = [decisionOf(omar), decisionOf(sami)];

  test('lets an approved request through', () => {
    expect(() => assertApproved(aRequest, aKey, yes)).not.toThrow();
  });

  test('lets a request through that needs nobody', () => {
    const unasked = { ...aRequest, approval: { ...rule, quorum: 0, groups: [] } };
    expect(() => assertApproved({ ...unasked, digest: requestDigest(unasked) }, aKey, [])).not.toThrow();
  });

  test.each([
    ['waiting', [decisionOf(omar)]],
    ['denied', [...yes, decisionOf(person('piet', 'payments'), { verdict: 'deny' })]],
  ])('refuses a request that is %s', (outcome, decisions) => {
    expect(() => assertApproved(aRequest, aKey, decisions)).toThrow(
      expect.objectContaining({ code: 'NotApproved', details: expect.objectContaining({ outcome }) }),
    );
  });

  test.each<[string, Partial<RequestRecord>]>([
    ['another operation', { parameters: { operation: 'destroy', windowDays: 7 } }],
    ['another key', { keyId: 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W9' }],
    ['other evidence', { evidence: undefined }],
    ['a lower quorum', { approval: { ...rule, quorum: 0 } }],
    ['another owner', { owner: 'marketing' }],
    ['an earlier beginning', { createdAt: '2026-11-20T03:02:22.000Z' }],
    ['another class', { className: 'sandbox' }],
  ])('refuses a request that was changed after its approval: %s', (_what, changes) => {
    expect(() => assertApproved({ ...aRequest, ...changes }, aKey, yes)).toThrow(NotApproved);
  });

  test('refuses a request on a key that has been given to another owner', () => {
    const given = { ...aKey, owner: 'marketing' };
    expect(() => assertApproved(aRequest, given, yes)).toThrow(NotApproved);
  });

  test('refuses approvals of what the request was before', () => {
    const changed = { ...aRequest, parameters: { operation: 'destroy', windowDays: 7 } } as const;
    expect(() => assertApproved({ ...changed, digest: requestDigest(changed) }, aKey, yes)).toThrow(
      NotApproved,
    );
  });
});
