import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decidable } from '../../../lambdas/approvals/electorate.ts';
import { decisionText } from '../../../lambdas/domain/digest.ts';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { assertionOf, passkeyOf } from '../domain/deciding.ts';
import { aRequest, olga, omar, person, sami } from '../domain/examples.ts';
import { approvalKey, authorization } from './proofs.ts';
import { LATER, waitingWorld } from './waiting-world.ts';

const nina = person('nina', 'marketing');
const refused = (code: string) => expect.objectContaining({ code });
const awayFrom = (who: typeof sami, substitute: typeof sami) => ({
  absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
  person: actorOf(who),
  substitute: actorOf(substitute),
  from: '2026-11-25T00:00:00.000Z',
  until: '2026-11-28T00:00:00.000Z',
  createdAt: '2026-11-24T00:00:00.000Z',
});

describe('a decision', () => {
  it('is recorded with who, how and when, and vouched for by the approval key', async () => {
    const { decide, decisions } = await waitingWorld();
    expect(await decide(sami)).toMatchObject({ done: 'recorded', subject: { request: { rowVersion: 2 } } });
    const [recorded] = await decisions();
    expect(recorded).toMatchObject({ person: actorOf(sami), channel: 'page', mfa: true, decidedAt: LATER });
    const key = createPublicKey({
      key: Buffer.from(await approvalKey.publicKey(), 'base64'),
      format: 'der',
      type: 'spki',
    });
    const signature = Buffer.from(recorded?.signature?.value ?? '', 'base64');
    const vouched = (text: string) => verify('sha256', Buffer.from(text), key, signature);
    if (recorded === undefined) throw new Error('Nothing is recorded.');
    expect(vouched(decisionText(recorded))).toBe(true);
    expect(vouched(decisionText({ ...recorded, verdict: 'deny' }))).toBe(false);
  });

  it('that comes twice, at once or later, on another channel and with another verdict, is the first one', async () => {
    const { decide, decisions } = await waitingWorld();
    const both = await Promise.all([decide(sami), decide(sami, { channel: 'api' })]);
    expect(both.map(({ done }) => done).toSorted()).toEqual(['recorded', 'stood']);
    expect(await decide(sami, { verdict: 'deny', channel: 'slack' })).toMatchObject({ done: 'stood' });
    expect(await decisions()).toHaveLength(1);
  });

  it('is recorded by the first click, though nothing can be read after it', async () => {
    const { decide, decisions, deps, registry } = await waitingWorld();
    const before = { ...registry };
    Object.assign(deps.registry, {
      commit: async (...change: Parameters<typeof registry.commit>) => {
        await before.commit(...change);
        registry.getRequest = () => Promise.reject(new BackendBusy('Down.'));
      },
    });
    expect(await decide(sami)).toMatchObject({
      done: 'recorded',
      subject: { decisions: [{ person: actorOf(sami) }], request: { state: 'awaiting-approval' } },
    });
    Object.assign(registry, before);
    expect(await decisions()).toHaveLength(1);
    expect(await decide(sami)).toMatchObject({ done: 'stood' });
  });

  it('asks the directory about the groups that matter, and no others', async () => {
    const asked: (readonly string[])[] = [];
    const { decide, decisions, directory } = await waitingWorld({
      deps: {
        authorization: { ...authorization, groups: ['contractors'] },
        directory: {
          groupsOf: (id, among) => {
            asked.push(among);
            return directory.groupsOf(id, among);
          },
        },
      },
    });
    directory.add({ ...sami, groups: ['security', 'contractors', 'bowling'] });
    await decide(sami);
    expect(asked).toEqual([['payments', 'security', 'auditors', 'contractors']]);
    expect(await decisions()).toMatchObject([{ groups: ['security', 'contractors'] }]);
  });

  it('of two people in the same instant counts twice', async () => {
    const { decide, decisions, stateNow } = await waitingWorld();
    await Promise.all([decide(sami), decide(omar)]);
    expect(await decisions()).toHaveLength(2);
    expect(await stateNow()).toBe('approved');
  });

  it('goes by the groups that the directory has now, whatever the sign-in said', async () => {
    const { decide, decisions, directory } = await waitingWorld();
    directory.add({ ...sami, groups: [] });
    await expect(decide(sami)).rejects.toThrow(refused('NotAnApprover'));
    directory.remove(omar.id);
    await expect(decide(omar)).rejects.toThrow(refused('NotAnApprover'));
    directory.add(person('piet', 'payments'));
    await decide({ ...person('piet'), groups: ['payments'] });
    expect((await decisions()).map(({ groups }) => groups)).toEqual([['payments']]);
  });

  it('is not taken while the directory does not answer, nor while it cannot be signed', async () => {
    const down = () => Promise.reject(new BackendBusy('Down.'));
    for (const deps of [{ directory: { groupsOf: down } }, { approvalKey: { sign: down } }]) {
      const { decide, decisions } = await waitingWorld({ deps });
      await expect(decide(sami)).rejects.toThrow(refused('BackendBusy'));
      expect(await decisions()).toEqual([]);
    }
  });

  it('is nothing to those who may not see the request', async () => {
    const { decide } = await waitingWorld();
    await expect(decide(nina)).rejects.toThrow(refused('RequestNotFound'));
    await expect(decide(nina, { requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W9' })).rejects.toThrow(
      refused('RequestNotFound'),
    );
  });

  it('is a substitute’s for as long as the absence lasts, and says in whose place', async () => {
    const { decide, decisions, registry, time } = await waitingWorld();
    await registry.putAbsence(awayFrom(sami, nina));
    time.now = '2026-11-28T00:00:00.000Z';
    await expect(decide(nina)).rejects.toThrow(refused('RequestNotFound'));
    time.now = '2026-11-27T23:59:59.999Z';
    await decide(nina);
    expect(await decisions()).toMatchObject([
      {
        person: actorOf(nina),
        groups: [],
        behalf: { person: actorOf(sami), groups: ['security'] },
      },
    ]);
    await expect(decide(sami)).resolves.toMatchObject({ done: 'recorded' });
  });

  it('is not a substitute’s of somebody who has left the group, nor of the requester', async () => {
    const { decide, registry, directory } = await waitingWorld();
    await registry.putAbsence(awayFrom(sami, nina));
    directory.add({ ...sami, groups: [] });
    await expect(decide(nina)).rejects.toThrow(refused('RequestNotFound'));
    const other = await waitingWorld();
    await other.registry.putAbsence(awayFrom(olga, nina));
    await expect(other.decide(nina)).rejects.toThrow(refused('NotAnApprover'));
  });

  it('to approve wants the second factor that the rule asks for; a no does not', async () => {
    const approval = { ...aRequest.approval, mfa: true };
    const { decide, stateNow } = await waitingWorld({ request: { approval } });
    const without = { ...sami, mfa: false };
    await expect(decide(without)).rejects.toThrow(refused('MfaRequired'));
    await decide(without, { verdict: 'deny' });
    expect(await stateNow()).toBe('denied');
  });

  it('to approve wants the passkey that the rule asks for, and keeps what it signed', async () => {
    const approval = { ...aRequest.approval, passkey: true };
    const assertion = assertionOf(sami);
    const { decide, decisions, registry } = await waitingWorld({
      request: { approval },
      deps: { passkeys: { signed: async () => assertion } },
    });
    await registry.putPasskey(passkeyOf(sami));
    await expect(decide(sami)).rejects.toThrow(refused('PasskeyRequired'));
    await decide(sami, { passkey: {} });
    expect(await decisions()).toMatchObject([{ passkey: assertion }]);
  });
});

describe('a request that nobody could approve', () => {
  const asked = { request: { after: aRequest } };

  it('is refused before it is taken', async () => {
    const { directory, registry } = await waitingWorld();
    await decidable({ directory, registry }, asked, LATER);
    directory.remove(omar.id);
    await expect(decidable({ directory, registry }, asked, LATER)).rejects.toThrow(refused('NobodyEligible'));
  });

  it('counts substitutes, and nobody who is away', async () => {
    const { directory, registry } = await waitingWorld();
    await registry.putAbsence({ ...awayFrom(sami, nina), substitute: undefined });
    await expect(decidable({ directory, registry }, asked, LATER)).rejects.toThrow(refused('NobodyEligible'));
    await registry.putAbsence(awayFrom(sami, nina));
    await decidable({ directory, registry }, asked, LATER);
    await registry.putAbsence({
      ...awayFrom(nina, omar),
      absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W5',
    });
    await expect(decidable({ directory, registry }, asked, LATER)).rejects.toThrow(refused('NobodyEligible'));
  });

  it('is found out by asking about no more people than it takes, whatever the size of a group', async () => {
    const { directory, registry } = await waitingWorld();
    const everybody = Array.from({ length: 300 }, (_, n) => person(`p${n}`, 'payments'));
    directory.add(...everybody, person('sue', 'security'));
    let asked = 0;
    const counting = {
      async *membersOf(group: string) {
        for await (const member of directory.membersOf(group)) {
          asked += 1;
          yield member;
        }
      },
    };
    const approval = {
      ...aRequest.approval,
      quorum: 3,
      atLeast: [{ people: 2, group: 'security' }],
    };
    const request = { after: { ...aRequest, approval } };
    await decidable({ directory: counting, registry }, { request }, LATER);
    expect(asked).toBeLessThan(8);
  });

  it('is found out when a group has nobody, however many the others have', async () => {
    const { directory, registry } = await waitingWorld();
    const approval = { ...aRequest.approval, quorum: 2, atLeast: [{ people: 1, group: 'secruity' }] };
    const request = { after: { ...aRequest, approval } };
    let asked = 0;
    const counting = {
      async *membersOf(group: string) {
        const many = Array.from({ length: 300 }, (_, n) => actorOf(person(`p${n}`, 'payments')));
        for await (const member of group === 'payments' ? many : directory.membersOf(group)) {
          asked += 1;
          yield member;
        }
      },
    };
    await expect(decidable({ directory: counting, registry }, { request }, LATER)).rejects.toThrow(
      expect.objectContaining({
        code: 'NobodyEligible',
        message: expect.stringContaining(
          '1 other person of secruity not away, and there is nobody',
        ) as unknown,
        details: { groups: ['secruity'], eligible: 0, quorum: 2 },
      }),
    );
    expect(asked).toBeLessThan(4);
  });

  it('is not refused while a group that is not all known may have somebody', async () => {
    const { registry } = await waitingWorld();
    const directory = {
      async *membersOf(group: string) {
        // Of these nobody can decide but the last ones.
        const late = [olga, olga, olga, omar, person('piet', 'payments')];
        if (group === 'payments') yield* late.map(actorOf);
      },
    };
    await decidable({ directory, registry }, asked, LATER);
  });

  it('is not asked about when the rule asks nobody', async () => {
    const { registry } = await waitingWorld();
    const directory = {
      membersOf: (): never => {
        throw new Error('It was asked.');
      },
    };
    const approval = { ...aRequest.approval, quorum: 0 };
    await decidable({ directory, registry }, { request: { after: { ...aRequest, approval } } }, LATER);
  });
});
