import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuthorization, type Question } from '../../../lambdas/adapters/authorization.ts';
import { isCustodian } from '../../../lambdas/domain/emergency.ts';
import { KeywardError } from '../../../lambdas/domain/errors.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { assertMayDecide, groupsDeciding } from '../../../lambdas/domain/quorum.ts';
import { aKey, aRequest, olga, omar, person, sami } from '../domain/examples.ts';

const policies = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../policies', name), 'utf8');
const shipped = policies('access.cedar');
const schema = policies('keyward.cedarschema');
const authorization = createAuthorization(shipped, schema);
const authorize = (question: Question) => authorization.authorize(question);

const machine: Principal = { ...sami, kind: 'machine', id: 'machine:arn:aws:iam::1:role/security' };
const cora = person('cora', 'custodians');
const key = { keyId: aKey.keyId, owner: 'payments', className: 'data-protection' };

const asking = (principal: Principal): Question => ({
  action: 'request',
  principal,
  key: { ...key, approvers: ['payments', 'security'] },
  operation: 'revoke',
});
const deciding = (principal: Principal, standsInFor: readonly string[] = []): Question => ({
  action: 'decide',
  principal,
  standsInFor,
  request: {
    requestId: aRequest.requestId,
    owner: 'payments',
    operation: 'revoke',
    requester: olga.id,
    approvers: ['payments', 'security'],
  },
  channel: 'page',
});
const stopping = (principal: Principal): Question => ({
  action: 'emergency-revoke',
  principal,
  key: { ...key, custodians: ['custodians'] },
});

describe('the policies as they are shipped', () => {
  it.each<[string, Question, boolean, string[]]>([
    ['an owner asks', asking(omar), true, ['approvers-request', 'owners-request']],
    ['an approver asks', asking(sami), true, ['approvers-request']],
    [
      'a machine of the owners asks',
      asking({ ...machine, groups: ['payments'] }),
      true,
      ['approvers-request', 'owners-request'],
    ],
    ['a stranger asks', asking(person('nina', 'marketing')), false, []],
    ['somebody without groups asks', asking(person('nobody')), false, []],
    ['an approver decides', deciding(sami), true, ['approvers-decide']],
    ['the requester decides', deciding(olga), false, ['no-self-approval']],
    [
      'the requester decides, in every group',
      deciding({ ...olga, groups: ['security'] }),
      false,
      ['no-self-approval'],
    ],
    ['a machine decides', deciding(machine), false, ['only-people-decide']],
    ['a stranger decides', deciding(person('nina', 'marketing')), false, []],
    [
      'a stranger decides in the place of an approver',
      deciding(person('nina'), ['security']),
      true,
      ['approvers-decide'],
    ],
    ['a custodian stops', stopping(cora), true, ['custodians-stop']],
    [
      'a custodian stops without a second factor',
      stopping({ ...cora, mfa: false }),
      false,
      ['stop-with-second-factor'],
    ],
    ['an owner stops', stopping(omar), false, []],
    ['a machine of the custodians stops', stopping({ ...machine, groups: ['custodians'] }), false, []],
  ])('%s', (_what, question, allowed, because) => {
    expect(authorize(question)).toMatchObject({ allowed, policies: because });
  });

  it('tell whoever a rule refuses what to do instead', () => {
    expect(authorize(deciding(olga)).explanations).toEqual([
      'Whoever asks for something never decides it. Somebody else of the groups has to.',
    ]);
    expect(authorize(deciding(sami)).explanations).toEqual([]);
  });

  it('agree with the second check, whoever decides', () => {
    const group = fc.constantFrom('payments', 'security', 'marketing', 'owner', 'constructor', 'a"b', '');
    fc.assert(
      fc.property(
        fc.constantFrom('person' as const, 'machine' as const, 'service' as const),
        fc.constantFrom(olga.id, sami.id, 'person:"; drop'),
        fc.uniqueArray(group, { maxLength: 4 }),
        fc.uniqueArray(group, { maxLength: 2 }),
        (kind, id, groups, others) => {
          const principal: Principal = { kind, id, name: 'x', groups, mfa: false };
          const now = aRequest.createdAt;
          const standIns = [
            {
              person: { kind: 'person' as const, id: omar.id, name: 'omar' },
              groups: others,
              absenceId: 'abs_1',
            },
          ];
          const request = { ...aRequest, requester: { ...aRequest.requester, id: olga.id } };
          const { allowed } = authorize({
            action: 'decide',
            principal,
            standsInFor: others,
            request: {
              requestId: request.requestId,
              owner: request.owner,
              operation: 'revoke',
              requester: olga.id,
              approvers: groupsDeciding(request, now),
            },
            channel: 'api',
          });
          let may = true;
          try {
            assertMayDecide({ now, request, principal, decisions: [], standIns });
          } catch (error) {
            if (!(error instanceof KeywardError)) throw error;
            may = false;
          }
          expect(allowed).toBe(may);
        },
      ),
    );
  });

  it('agree with the second check, whoever stops', () => {
    fc.assert(
      fc.property(
        fc.subarray(['custodians', 'payments', 'security']),
        fc.subarray(['custodians', 'owner']),
        fc.boolean(),
        (groups, custodians, mfa) => {
          const principal = { ...cora, groups, mfa };
          const named = custodians.map((name) => (name === 'owner' ? 'payments' : name));
          const { allowed } = authorize({
            action: 'emergency-revoke',
            principal,
            key: { ...key, custodians: named },
          });
          const emergency = { custodians, ratification: aRequest.approval };
          expect(allowed).toBe(mfa && isCustodian({ emergency }, principal, 'payments'));
        },
      ),
    );
  });
});

describe('policies of an organisation', () => {
  it('narrow what is allowed', () => {
    const friday = `${shipped}\n@id("no-slack")\n@explanation("Decide on the page.")\nforbid (principal, action == Keyward::Action::"decide", resource) when { context.channel == "slack" };`;
    const own = createAuthorization(friday, schema);
    const question = deciding(sami);
    expect(own.authorize(question).allowed).toBe(true);
    expect(own.authorize({ ...question, channel: 'slack' } as Question)).toEqual({
      allowed: false,
      policies: ['no-slack'],
      explanations: ['Decide on the page.'],
    });
  });

  it('name groups, wherever they stand in them', () => {
    expect(createAuthorization(shipped, schema).groups).toEqual([]);
    const own = `${shipped}
      @id("contractors") forbid (principal in Keyward::Group::"contractors", action, resource);
      @id("more") forbid (principal, action == Keyward::Action::"decide", resource)
      when { principal in [Keyward::Group::"a", Keyward::Group::"b"] && resource.owner == Keyward::Group::"c" }
      unless { principal is Keyward::Person in Keyward::Group::"a" };`;
    expect(createAuthorization(own, schema).groups.toSorted()).toEqual(['a', 'b', 'c', 'contractors']);
  });

  it('refuse what cannot be judged', () => {
    const broken = `${shipped}\n@id("broken")\nforbid (principal, action == Keyward::Action::"decide", resource) when { 9223372036854775807 + 1 > 0 };`;
    const own = createAuthorization(broken, schema);
    expect(own.authorize(deciding(sami))).toMatchObject({
      allowed: false,
      policies: expect.arrayContaining(['broken']),
    });
  });

  const line = shipped.split('\n').length;
  it.each<[string, string, string, RegExp]>([
    [
      'that cannot be read',
      `${shipped}\npermit (principal`,
      schema,
      new RegExp(`access.cedar has 1 fault.*line ${line + 1}`, 's'),
    ],
    [
      'without an id',
      `${shipped}\npermit (principal, action, resource);`,
      schema,
      new RegExp(`line ${line + 1}: this policy has no @id`),
    ],
    [
      'with the id of another',
      `${shipped}\n@id("no-self-approval")\nforbid (principal, action, resource);`,
      schema,
      /no-self-approval: another policy has this @id/,
    ],
    [
      'that ask for what there is not',
      `${shipped}\n@id("typo")\npermit (principal, action == Keyward::Action::"decide", resource) when { resource.ownr == principal };`,
      schema,
      new RegExp(`line ${line + 2}, typo: .*ownr`),
    ],
    ['with a schema that cannot be read', shipped, `${schema}\nentity`, /keyward.cedarschema has 1 fault/],
  ])('%s stop the deployment, with every fault and its line', (_what, text, against, told) => {
    expect(() => createAuthorization(text, against)).toThrow(told);
  });
});
