import { DescribeKeyCommand, EnableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { refusedWith } from '../../lambdas/adapters/aws-call.ts';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { probeMessage, protect } from '../../lambdas/adapters/kms/use.ts';
import type { KeySpec } from '../../lambdas/domain/key.ts';
import { decisionBy } from '../unit/domain/deciding.ts';
import { person } from '../unit/domain/examples.ts';
import { answering } from './answers.ts';
import type { CrashPoint } from './crash.ts';
import { reinstate, rotate, suspend } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, approveAs, askFor, bob, carol, cora, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

const cyrus = person('cyrus', 'custodians');

async function inWorld(
  play: (world: World, keyId: string) => Promise<void>,
  spec: KeySpec = 'SYMMETRIC_DEFAULT',
): Promise<void> {
  const world = await createWorld();
  try {
    await play(world, await aKey(world, spec));
  } finally {
    await world.close();
  }
}

const keyOf = async (world: World, keyId: string) => {
  const key = await world.registry.getKey(keyId);
  if (key === undefined) throw new Error(`There is no ${keyId}.`);
  return key;
};

async function expectStopped(world: World, keyId: string): Promise<void> {
  const { key, versions = [] } = (await world.registry.getKeyWithVersions(keyId)) ?? {};
  expect(key?.state).toBe('suspended');
  for (const { kmsKeyArn } of versions) {
    expect((await describeKmsKey(world.kms, kmsKeyArn))?.keyState).toBe('Disabled');
  }
}

async function enableOutside(world: World, keyId: string): Promise<void> {
  const { versions = [] } = (await world.registry.getKeyWithVersions(keyId)) ?? {};
  await world.kms.send(new EnableKeyCommand({ KeyId: versions[0]?.kmsKeyArn }));
}

/** Lets time go by, with the sweep twice an hour. */
async function hours(world: World, count: number): Promise<void> {
  for (let hour = 0; hour < count; hour += 1) {
    world.moveClock('PT59M');
    await world.sweep();
    await world.settle();
    world.moveClock('PT1M');
    await world.sweep();
    await world.settle();
  }
}

async function ratificationOf(world: World, keyId: string): Promise<string> {
  const { openRequests } = await keyOf(world, keyId);
  if (openRequests.ratify === undefined) throw new Error('Nobody is asked to ratify.');
  return openRequests.ratify;
}

/** A stop that dies when a call of this name has gone through. */
async function diesAfter(world: World, keyId: string, name: string): Promise<{ requestId: string }> {
  const dry = await createWorld();
  try {
    const other = await aKey(dry, 'SYMMETRIC_DEFAULT');
    dry.crashes.plan(undefined);
    await dry.stop(other, cora);
    const call = dry.crashes.numberOf(name);
    expect(call).toBeGreaterThan(0);
    world.crashes.plan({ call, when: 'after', how: 'once' });
  } finally {
    await dry.close();
  }
  await expect(world.stop(keyId, cora)).rejects.toThrow('The process was killed.');
  const { openRequests } = await keyOf(world, keyId);
  return { requestId: openRequests['emergency-revoke'] ?? '' };
}

describe('an emergency', () => {
  it('stops the key at once, and the quorum ratifies it', () =>
    inWorld(async (world, keyId) => {
      const { ratification = '' } = await world.stop(keyId, cora);
      await expectStopped(world, keyId);
      expect((await keyOf(world, keyId)).emergency).toMatchObject({
        status: 'unratified',
        by: { id: cora.id },
      });
      await world.settle();
      expect(await ratificationOf(world, keyId)).toBe(ratification);

      expect((await toItsEnd(world, ratification)).state).toBe('succeeded');
      expect((await keyOf(world, keyId)).emergency?.status).toBe('ratified');
      await hours(world, 30);
      expect(world.rings).toEqual([]);
      await expectStopped(world, keyId);
      await expectInvariants(world, keyId);
    }));

  it('that is asked for again is the same one', () =>
    inWorld(async (world, keyId) => {
      const first = await world.stop(keyId, cora);
      expect(await world.stop(keyId, cora)).toEqual(first);
      expect(await Promise.all([world.stop(keyId, cora), world.stop(keyId, cora)])).toEqual([first, first]);
    }));

  it.each([
    ['suspended', suspend],
    ['compromised', { operation: 'revoke', mode: 'compromise' } as const],
  ])('stops a key for real that is %s and that somebody has enabled behind Keyward’s back', (state, revoke) =>
    inWorld(async (world, keyId) => {
      await after(world, keyId, revoke);
      await expect(world.stop(keyId, cora)).rejects.toThrow(
        expect.objectContaining({ code: 'StateForbids' }),
      );
      await enableOutside(world, keyId);
      const { requestId } = await world.stop(keyId, cora);
      const key = await keyOf(world, keyId);
      expect(key).toMatchObject({ state, emergency: { requestId, status: 'unratified' } });
      expect((await describeKmsKey(world.kms, key.alias))?.keyState).toBe('Disabled');
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectInvariants(world, keyId);
    }),
  );

  it('of a key that was stopped before is carried on too, when it dies and its lease is over', () =>
    inWorld(async (world, keyId) => {
      await world.kmsAtItsBest('staged');
      await after(world, keyId, suspend);
      await enableOutside(world, keyId);
      world.crashes.plan({ call: 5, when: 'before', how: 'KMS is down' });
      await expect(world.stop(keyId, cora)).rejects.toThrow();
      world.crashes.heal();
      const { openRequests } = await keyOf(world, keyId);
      const requestId = openRequests['emergency-revoke'] ?? '';
      expect(requestId).not.toBe('');
      world.moveClock('PT16M');
      expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
      const { alias } = await keyOf(world, keyId);
      expect((await describeKmsKey(world.kms, alias))?.keyState).toBe('Disabled');
      await world.sweep();
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectInvariants(world, keyId);
    }));

  it('stops a key that only reads any more, once, and it can be put back to that', () =>
    inWorld(async (world, keyId) => {
      await after(world, keyId, rotate);
      const { versions = [] } = (await world.registry.getKeyWithVersions(keyId)) ?? {};
      const { kmsKeyId } = versions[1] ?? {};
      await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: 30 }));
      world.moveClock('P31D');
      await after(world, keyId, suspend, reinstate);
      expect((await keyOf(world, keyId)).state).toBe('deactivated');

      const first = await world.stop(keyId, cora);
      expect(await world.stop(keyId, cora)).toEqual(first);
      expect((await keyOf(world, keyId)).state).toBe('deactivated');
      const readable = async () => (await describeKmsKey(world.kms, versions[0]?.kmsKeyId ?? ''))?.keyState;
      expect(await readable()).toBe('Disabled');
      await toItsEnd(world, first.ratification ?? '');
      await expect(world.stop(keyId, cora)).rejects.toThrow(
        expect.objectContaining({ code: 'StateForbids' }),
      );

      await after(world, keyId, reinstate);
      expect((await keyOf(world, keyId)).state).toBe('deactivated');
      expect(await readable()).toBe('Enabled');
      await expectInvariants(world, keyId);
    }, 'ECC_NIST_P256'));

  it('says of a second one only what it has seen', () =>
    inWorld(async (world, keyId) => {
      const first = await world.stop(keyId, cora);
      await enableOutside(world, keyId);
      const second = await world.stop(keyId, cora);
      expect(second.requestId).not.toBe(first.requestId);
      await expectStopped(world, keyId);
    }));

  it('of a key that is said to be stopped looks more than once, and again at what does not answer', () =>
    inWorld(async (world, keyId) => {
      await world.kmsAtItsBest('staged');
      await after(world, keyId, suspend);
      const { versions = [] } = (await world.registry.getKeyWithVersions(keyId)) ?? {};
      const disabled = await world.kms.send(new DescribeKeyCommand({ KeyId: versions[0]?.kmsKeyId }));
      await enableOutside(world, keyId);
      let looks = 0;
      const late = answering(world.kms, {
        DescribeKeyCommand: async (_asked, ask) => {
          looks += 1;
          if (looks === 1) throw named('ThrottlingException', 'There are too many.');
          return looks < 5 ? disabled : ask();
        },
      });
      await world.stop(keyId, cora, late);
      expect((await describeKmsKey(world.kms, versions[0]?.kmsKeyId ?? ''))?.keyState).toBe('Disabled');
    }));

  it('is the work of a custodian who has a second factor', () =>
    inWorld(async (world, keyId) => {
      const refused = (code: string) => expect.objectContaining({ code });
      await expect(world.stop(keyId, bob)).rejects.toThrow(refused('KeyNotFound'));
      await expect(world.stop(keyId, person('olga', 'payments'))).rejects.toThrow(refused('Forbidden'));
      await expect(world.stop(keyId, { ...cora, mfa: false })).rejects.toThrow(refused('MfaRequired'));
      expect((await keyOf(world, keyId)).state).toBe('active');
      await expectInvariants(world, keyId);
    }));

  it('that nobody ratifies in time rings each hour, and is asked for again, until somebody does', () =>
    inWorld(async (world, keyId) => {
      await world.stop(keyId, cora);
      await hours(world, 23);
      expect(world.rings).toEqual([]);
      await hours(world, 5);
      expect(new Set(world.rings)).toEqual(new Set([keyId]));
      const rung = (await world.registry.getWholeLedger(keyId)).filter(
        ({ event }) => event === 'alert-repeated',
      );
      expect(rung.length).toBeGreaterThan(3);

      await toItsEnd(world, await ratificationOf(world, keyId));
      const before = world.rings.length;
      await hours(world, 5);
      expect(world.rings).toHaveLength(before);
      await expectInvariants(world, keyId);
    }));

  it('that the quorum does not ratify rings at once; the key stays stopped until it is reinstated', () =>
    inWorld(async (world, keyId) => {
      const { ratification = '' } = await world.stop(keyId, cora);
      await world.settle();
      const [request, key] = [await world.registry.getRequest(ratification), await keyOf(world, keyId)];
      if (request === undefined) throw new Error('The ratification is not there.');
      await world.commit(
        decisionBy({
          now: await world.clock(),
          request,
          key,
          person: bob,
          decisions: [],
          verdict: 'deny',
          reason: 'It was no emergency.',
          digest: request.digest,
          channel: 'api',
        }),
      );
      await world.settle();
      await world.sweep();
      expect(world.rings).toContain(keyId);
      await expectStopped(world, keyId);

      await toItsEnd(world, await askFor(world, keyId, reinstate));
      expect(await keyOf(world, keyId)).toMatchObject({
        state: 'active',
        emergency: { status: 'reinstated' },
      });
      const before = world.rings.length;
      await hours(world, 3);
      expect(world.rings).toHaveLength(before);
      await expectInvariants(world, keyId);
    }));

  it('does not count the custodian, nor anybody alone', () =>
    inWorld(async (world, keyId) => {
      const custodian = { ...carol, groups: ['security', 'custodians'] };
      const { ratification = '' } = await world.stop(keyId, custodian);
      await world.settle();
      await expect(approveAs(world, ratification, custodian)).rejects.toThrow(
        expect.objectContaining({ code: 'SelfApproval' }),
      );
      await approveAs(world, ratification, bob);
      expect((await world.registry.getRequest(ratification))?.state).toBe('awaiting-approval');
    }));

  it('takes the key from a rotation that is under way, which is undone', () =>
    inWorld(async (world, keyId) => {
      world.before('RotateInPlace', () => world.stop(keyId, cora));
      const rotation = await askFor(world, keyId, rotate);
      expect((await toItsEnd(world, rotation)).state).toBe('failed');
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectStopped(world, keyId);
      await world.orphans();
      await expectInvariants(world, keyId);
    }));

  it('stops the new KMS key as well when a rotation has pointed the alias to it already', () =>
    inWorld(async (world, keyId) => {
      const { alias, usage } = await keyOf(world, keyId);
      let refused: unknown;
      world.before('RestrictVersion', async () => {
        await world.stop(keyId, cora);
        refused = await protect(world.kms, alias, usage, probeMessage(keyId)).catch(
          (error: unknown) => error,
        );
      });
      const rotation = await askFor(world, keyId, rotate);
      expect((await toItsEnd(world, rotation)).state).toBe('failed');
      expect(refusedWith(refused, 'DisabledException')).toBe(true);
      await toItsEnd(world, await ratificationOf(world, keyId));
      expect((await keyOf(world, keyId)).state).toBe('suspended');
      await world.orphans();
      await expectInvariants(world, keyId);

      await toItsEnd(world, await askFor(world, keyId, reinstate));
      await expectInvariants(world, keyId); // its alias leads to the version from before
    }, 'ECC_NIST_P256'));

  it('that two custodians ask for at the same moment is one, and both are told so', () =>
    inWorld(async (world, keyId) => {
      const both = await Promise.all([world.stop(keyId, cora), world.stop(keyId, cyrus)]);
      expect(new Set(both.map(({ requestId }) => requestId)).size).toBe(1);
      await expectStopped(world, keyId);
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectInvariants(world, keyId);
    }));

  it('that another custodian has brought to its end in the meantime is no failure', () =>
    inWorld(async (world, keyId) => {
      let second: unknown;
      world.before('ProbeVersion', async () => {
        second = await world.stop(keyId, cyrus);
      });
      expect(await world.stop(keyId, cora)).toEqual(second);
      await expectStopped(world, keyId);
    }));

  it('that died is gone on with by whoever asks again, though its lease is over and a rotation has the key', () =>
    inWorld(async (world, keyId) => {
      const { requestId } = await diesAfter(world, keyId, 'DisableKeyCommand');
      world.moveClock('PT16M');
      world.before('RotateInPlace', async () => {
        expect(await world.stop(keyId, cyrus)).toMatchObject({ requestId });
      });
      const rotation = await askFor(world, keyId, rotate);
      expect((await toItsEnd(world, rotation)).state).toBe('failed');
      await expectStopped(world, keyId);
      expect((await keyOf(world, keyId)).emergency).toMatchObject({ requestId, by: { id: cora.id } });
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectInvariants(world, keyId);
    }));

  it('that died is carried on by the sweep within minutes', () =>
    inWorld(async (world, keyId) => {
      const { requestId } = await diesAfter(world, keyId, 'TransactWriteCommand');
      expect((await world.registry.getRequest(requestId))?.state).toBe('executing');
      world.moveClock('PT2M');
      await world.sweep();
      await world.settle();
      await expectStopped(world, keyId);
      await world.sweep();
      await toItsEnd(world, await ratificationOf(world, keyId));
      await expectInvariants(world, keyId);
    }));

  it('is not ratified by what the quorum was asked about one before it', () =>
    inWorld(async (world, keyId) => {
      const first = await world.stop(keyId, cora);
      await world.settle();
      await toItsEnd(world, await askFor(world, keyId, reinstate));

      const second = await world.stop(keyId, cora);
      expect(second.ratification).toBeUndefined();
      await toItsEnd(world, first.ratification ?? '');
      expect((await keyOf(world, keyId)).emergency).toMatchObject({
        requestId: second.requestId,
        status: 'unratified',
      });

      await world.sweep();
      await toItsEnd(world, await ratificationOf(world, keyId));
      expect((await keyOf(world, keyId)).emergency?.status).toBe('ratified');
      await expectInvariants(world, keyId);
    }));

  it('ends in a stopped key when it dies at any call: the sweep carries it on', async () => {
    let calls = 0;
    await inWorld(async (world, keyId) => {
      world.crashes.plan(undefined);
      await world.stop(keyId, cora);
      calls = world.crashes.calls;
    });
    expect(calls).toBeGreaterThan(10);
    for (let call = 1; call <= calls; call += 1) {
      for (const when of ['before', 'after'] as const) {
        const point: CrashPoint = { call, when, how: 'once' };
        await inWorld(async (world, keyId) => {
          world.crashes.plan(point);
          await world.stop(keyId, cora).catch(() => {});
          world.crashes.heal();
          const begun = (await keyOf(world, keyId)).ledgerSeq > 4;
          const emergency = (await world.registry.getWholeLedger(keyId)).find(
            ({ event, details }) => event === 'execution-started' && details.operation === 'emergency-revoke',
          );
          if (emergency?.requestId === undefined) return; // it died before anything was recorded
          expect(begun).toBe(true);
          expect((await toItsEnd(world, emergency.requestId)).state, `killed ${when} ${call}`).toBe(
            'succeeded',
          );
          await expectStopped(world, keyId);
          await world.sweep();
          await toItsEnd(world, await ratificationOf(world, keyId));
          await expectInvariants(world, keyId);
        });
      }
    }
  });
});
